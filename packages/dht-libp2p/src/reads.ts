import {
  abortable,
  compareVersions,
  type AbortOptions,
  type StampedRecord,
  type Version,
  type Deadlines,
} from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { Store } from '@bzzz/store'
import type { Attester } from './attester.js'
import type { Answer, Client } from './client.js'
import type { Lanes } from './lanes.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'
import type { ReadOp } from './read-op.js'
import type { Replica } from './replica.js'
import type { ReadResult, WriteResult } from './wire/reply.js'

export interface ReadsOptions {
  readonly self: string
  readonly store: Store
  readonly client: Client
  readonly membership: Membership
  readonly states: PeerStates
  readonly deadlines: Deadlines
  readonly attester: Attester
  readonly replica: Replica
  readonly lanes: (resend: (op: ReadOp, peer: string) => void) => Lanes<ReadOp>
}

/**
 * Reads at a quorum. An answer is given when so many replicas hold exactly the newest version seen;
 * where they differ, the newest is first written back to those that lack it, so that no later read
 * sees an older one.
 */
export class Reads {
  readonly #options: ReadsOptions
  readonly #lanes: Lanes<ReadOp>
  readonly #ops = new Set<ReadOp>()

  constructor(options: ReadsOptions) {
    this.#options = options
    this.#lanes = options.lanes((op, peer) => {
      // A peer that waited since an earlier view may be no replica any more.
      if (this.#ops.has(op) && op.replicas.includes(peer)) this.#ask(op, peer)
    })
  }

  /**
   * @param needOf replicas that must hold the answer, given how many there are
   * Rejects with `DHT_UNAVAILABLE`, `ABORTED`.
   */
  run(
    key: string,
    needOf: (replicas: number) => number,
    options: AbortOptions & { readonly timeoutMs: number },
  ): Promise<StampedRecord | undefined> {
    const found = new Promise<StampedRecord | undefined>((resolve, reject) => {
      const op: ReadOp = {
        key,
        needOf,
        replicas: [],
        need: 0,
        round: 0,
        versions: new Map(),
        counted: new Set(),
        asked: new Set(),
        differed: new Set(),
        writingBack: new Set(),
        newest: undefined,
        record: undefined,
        isFetching: false,
        resolve,
        reject,
        cancelDeadline: () => {},
      }
      op.cancelDeadline = this.#options.deadlines.add(options.timeoutMs, () => {
        this.#fail(op, `after ${options.timeoutMs} ms`)
      })
      this.#ops.add(op)
      this.#begin(op)
    })
    return abortable(found, options.signal)
  }

  peerReturned(peer: string): void {
    this.#lanes.wake(peer)
  }

  viewChanged(): void {
    this.#lanes.clear()
    for (const op of this.#ops) this.#begin(op)
  }

  stop(): void {
    this.#lanes.clear()
    for (const op of this.#ops) this.#fail(op, 'because this node is stopping')
  }

  #begin(op: ReadOp): void {
    const { self, store, membership, states } = this.#options
    op.round++
    op.replicas = membership.placement.of(store.bucketOf(op.key))
    op.need = op.needOf(op.replicas.length)
    for (const set of [op.counted, op.asked, op.differed, op.writingBack]) set.clear()
    op.versions.clear()
    if (op.need > op.replicas.length) {
      this.#fail(op, `because the key has ${op.replicas.length} replicas`)
      return
    }
    // Own writes that are still on their way are seen even where this node is no replica.
    const own = store.head(op.key)?.version
    if (own !== undefined) this.#saw(op, own)
    if (op.replicas.includes(self)) {
      op.versions.set(self, own)
      if (membership.isCounted) op.counted.add(self)
    }
    const others = op.replicas.filter((peer) => peer !== self)
    const good = others.filter((peer) => states.isConnected(peer))
    const mine = op.counted.size
    for (const peer of mine + good.length >= op.need ? good : others) this.#ask(op, peer)
    this.#check(op)
  }

  #ask(op: ReadOp, peer: string): void {
    const { round } = op
    // The value travels once: from the first replica asked, when this node has no copy of its own.
    const wantsValue = op.asked.size === 0 && op.versions.size === 0
    op.asked.add(peer)
    this.#options.client.read(peer, { key: op.key, wantsValue }, (answer) => {
      if (op.round === round && this.#ops.has(op)) this.#answered(op, peer, answer)
    })
  }

  #answered(op: ReadOp, peer: string, answer: Answer<ReadResult>): void {
    if (answer.kind !== 'result') {
      this.#askAgain(op, peer, answer)
      return
    }
    this.#lanes.succeeded(peer)
    const { version, record } = answer.result
    if (record !== undefined) {
      try {
        this.#keep(op, this.#verified(op, record))
      } catch {
        // A replica that lies about a record is not a replica for this read.
        this.#check(op)
        return
      }
    }
    op.versions.set(peer, version)
    if (answer.isCounted) op.counted.add(peer)
    else {
      this.#lanes.park(op, peer)
      this.#askOthers(op)
    }
    if (version !== undefined) this.#saw(op, version)
    this.#check(op)
  }

  #askAgain(
    op: ReadOp,
    peer: string,
    answer: Exclude<Answer<ReadResult>, { kind: 'result' }>,
  ): void {
    // Exchanged just now, and still of another view: it may never admit whom this node does.
    if (answer.kind === 'error' || op.differed.delete(peer)) {
      this.#lanes.park(op, peer)
      this.#askOthers(op)
      return
    }
    const { round } = op
    const again = (): void => {
      if (op.round !== round || !this.#ops.has(op)) return
      op.differed.add(peer)
      this.#ask(op, peer)
    }
    this.#options.membership.exchange(peer).then(again, () => {
      if (op.round === round && this.#ops.has(op)) this.#lanes.park(op, peer)
    })
  }

  /** Somebody who was left out as unreachable may know. */
  #askOthers(op: ReadOp): void {
    for (const peer of op.replicas)
      if (peer !== this.#options.self && !op.asked.has(peer)) this.#ask(op, peer)
  }

  #verified(op: ReadOp, signed: NonNullable<ReadResult['record']>): StampedRecord {
    const record = this.#options.attester.verify(signed)
    if (record.key !== op.key) throw dhtError('DHT_RECORD_INVALID', 'a record of another key')
    return record
  }

  #keep(op: ReadOp, record: StampedRecord): void {
    if (op.record === undefined || compareVersions(record.version, op.record.version) > 0)
      op.record = record
  }

  #saw(op: ReadOp, version: Version): void {
    if (op.newest === undefined || compareVersions(version, op.newest) > 0) op.newest = version
  }

  #isExact(op: ReadOp, peer: string): boolean {
    const version = op.versions.get(peer)
    if (op.newest === undefined) return version === undefined && op.versions.has(peer)
    return version !== undefined && compareVersions(version, op.newest) === 0
  }

  #check(op: ReadOp): void {
    if (!this.#ops.has(op)) return
    let exact = 0
    for (const peer of op.counted) if (this.#isExact(op, peer)) exact++
    if (exact >= op.need) this.#finish(op)
    else if (op.counted.size >= op.need) void this.#writeBack(op)
  }

  /** The newest version's record: this node's own, one that came with an answer, or fetched. */
  async #newestRecord(op: ReadOp): Promise<StampedRecord | undefined> {
    const { newest } = op
    if (newest === undefined) return undefined
    const isNewest = (record: StampedRecord | undefined): record is StampedRecord =>
      record !== undefined && compareVersions(record.version, newest) >= 0
    if (isNewest(op.record)) return op.record
    const own = await this.#ownRecord(op.key)
    if (isNewest(own)) {
      this.#keep(op, own)
      return own
    }
    const holders = [...op.versions.keys()].filter((peer) => this.#isExact(op, peer))
    for (const peer of holders) {
      const record = await this.#fetch(op, peer)
      if (isNewest(record)) return record
    }
    return undefined
  }

  /** Undefined also for a record that is damaged here: the other replicas have it. */
  async #ownRecord(key: string): Promise<StampedRecord | undefined> {
    try {
      return await this.#options.store.read(key)
    } catch {
      return undefined
    }
  }

  async #fetch(op: ReadOp, peer: string): Promise<StampedRecord | undefined> {
    try {
      const request = { kind: 'fetch', keys: [op.key] } as const
      const reply = await this.#options.client.call(peer, request, 'records')
      const [signed] = reply.kind === 'records' ? reply.records : []
      if (signed === undefined) return undefined
      const record = this.#verified(op, signed)
      this.#keep(op, record)
      return record
    } catch {
      return undefined
    }
  }

  async #writeBack(op: ReadOp): Promise<void> {
    if (op.isFetching) return
    op.isFetching = true
    const { round } = op
    const record = await this.#newestRecord(op)
    op.isFetching = false
    if (op.round !== round || !this.#ops.has(op)) return
    if (record === undefined) {
      // Nobody hands it over: who claimed that version is not believed, and is asked again.
      this.#distrust(op)
      return
    }
    this.#saw(op, record.version)
    for (const peer of op.versions.keys())
      if (!this.#isExact(op, peer) && !op.writingBack.has(peer)) this.#repair(op, peer, record)
  }

  #distrust(op: ReadOp): void {
    const claimants = [...op.versions.keys()].filter((peer) => this.#isExact(op, peer))
    op.newest = undefined
    for (const peer of claimants) {
      op.versions.delete(peer)
      op.counted.delete(peer)
      if (peer !== this.#options.self) this.#lanes.park(op, peer)
    }
    for (const version of op.versions.values()) if (version !== undefined) this.#saw(op, version)
    this.#check(op)
  }

  #repair(op: ReadOp, peer: string, record: StampedRecord): void {
    const { round } = op
    op.writingBack.add(peer)
    const note = (result: WriteResult | undefined): void => {
      if (op.round !== round || !this.#ops.has(op)) return
      op.writingBack.delete(peer)
      this.#repaired(op, peer, record, result)
    }
    if (peer === this.#options.self)
      this.#options.replica.store([record]).then(
        ([result]) => {
          note(result)
        },
        () => {
          note(undefined)
        },
      )
    else
      this.#options.client.write(peer, record, (answer) => {
        if (answer.kind === 'result' && !answer.isCounted) op.counted.delete(peer)
        note(answer.kind === 'result' ? answer.result : undefined)
      })
  }

  #repaired(
    op: ReadOp,
    peer: string,
    record: StampedRecord,
    result: WriteResult | undefined,
  ): void {
    if (result?.outcome === 'stored' || result?.outcome === 'known') {
      op.versions.set(peer, record.version)
      this.#check(op)
    } else if (result?.outcome === 'newer') {
      op.versions.set(peer, result.newest)
      this.#saw(op, result.newest)
      this.#check(op)
    } else {
      // Not reached, locked, or of another view: forget its answer and ask it anew.
      op.versions.delete(peer)
      op.counted.delete(peer)
      if (peer !== this.#options.self) this.#lanes.park(op, peer)
    }
  }

  #finish(op: ReadOp): void {
    const { newest } = op
    if (newest === undefined) {
      this.#answer(op, undefined)
      return
    }
    const own = this.#options.store.read(op.key)
    if (own instanceof Promise) own.catch(() => {})
    else if (own !== undefined && compareVersions(own.version, newest) === 0) {
      this.#answer(op, own)
      return
    }
    void this.#finishSlow(op)
  }

  async #finishSlow(op: ReadOp): Promise<void> {
    if (op.isFetching) return
    op.isFetching = true
    const { round, newest } = op
    const record = await this.#newestRecord(op)
    op.isFetching = false
    if (op.round !== round || !this.#ops.has(op)) return
    if (record === undefined) this.#distrust(op)
    else if (newest !== undefined && compareVersions(record.version, newest) > 0) {
      this.#saw(op, record.version)
      this.#check(op)
    } else this.#answer(op, record)
  }

  #answer(op: ReadOp, record: StampedRecord | undefined): void {
    const { store, replica } = this.#options
    this.#end(op)
    const told = (): void => op.resolve(record)
    const own = store.head(op.key)?.version
    // Also where this node is no replica: a tombstone is told as "there is none", beside which an
    // older copy here would look like the newer of the two.
    if (record !== undefined && own !== undefined && compareVersions(own, record.version) < 0)
      replica.store([record]).then(told, told)
    else told()
    if (record === undefined) return
    for (const peer of op.versions.keys())
      if (!this.#isExact(op, peer) && !op.writingBack.has(peer)) this.#repair(op, peer, record)
  }

  #fail(op: ReadOp, why: string): void {
    if (!this.#ops.has(op)) return
    this.#end(op)
    op.reject(
      dhtError(
        'DHT_UNAVAILABLE',
        `${op.counted.size} of the ${op.need} replicas needed answered ${why}`,
        { details: { key: op.key, answered: [...op.counted], replicas: op.replicas } },
      ),
    )
  }

  #end(op: ReadOp): void {
    this.#ops.delete(op)
    op.cancelDeadline()
    for (const peer of op.asked) this.#lanes.remove(op, peer)
  }
}
