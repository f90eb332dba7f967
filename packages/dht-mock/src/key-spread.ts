import { compareVersions, type StampedRecord, type Version } from '@bzzz/base'
import type { Append } from '@bzzz/store'
import { callOnce, pause, type NodeContext } from './neighbours.js'

/**
 * What a replica's refusal of an older record means.
 * - `restamp`: a new write: stamp above what the replica holds, and send again.
 * - `passed`: a retry of a write that was answered before: it was superseded since.
 * - `lost`: a conditional write: its condition no longer holds.
 */
export type OnRefusal = 'restamp' | 'passed' | 'lost'

/** How far a write has got. */
export interface Reached {
  readonly isReached: boolean
  readonly version: Version
  readonly heldBy: readonly string[]
}

interface Waiter {
  readonly opId: string
  version: Version
  readonly need: number
  readonly answer: (isReached: boolean) => void
  readonly fail: (error: unknown) => void
}

const isAtLeast = (a: Version | undefined, b: Version): boolean =>
  a !== undefined && compareVersions(a, b) >= 0

const rise = (map: Map<string, Version>, peerId: string, version: Version): void => {
  if (!isAtLeast(map.get(peerId), version)) map.set(peerId, version)
}

/**
 * One key of this node on its way to its replicas. Only the newest record of the key is sent: a
 * replica that holds it holds everything that this node wrote before it. Lives until every
 * replica has answered, however long one of them is away.
 */
export class KeySpread {
  readonly #node: NodeContext
  readonly #key: string
  readonly #onDone: () => void
  #record: StampedRecord
  #sendable: Promise<void> | undefined
  #onRefusal: OnRefusal = 'restamp'
  #token: string | undefined
  /** The newest version that each peer is known to hold, itself or superseded by this node. */
  readonly #held = new Map<string, Version>()
  /** The newest version that each peer has answered, refusals included. */
  readonly #answered = new Map<string, Version>()
  readonly #delivering = new Set<string>()
  #waiters: Waiter[] = []
  #isDead = false

  /** @param onDone called when nothing is left to send; {@link take} starts it anew */
  constructor(node: NodeContext, record: StampedRecord, onDone: () => void) {
    this.#node = node
    this.#key = record.key
    this.#record = record
    this.#onDone = onDone
  }

  /** Goes on with a record that is newer, or the same one again. */
  take(append: Append, onRefusal: OnRefusal, token?: string): void {
    const { record } = append
    if (compareVersions(record.version, this.#record.version) >= 0) {
      const isAgain = record.opId === this.#record.opId && this.#waiters.length > 0
      this.#onRefusal = isAgain ? this.#onRefusal : onRefusal
      this.#record = record
      this.#sendable = append.sendable
      this.#token = token
    }
    append.committed.then(
      () => {
        this.#hold(this.#node.peerId, record.version)
      },
      (error: unknown) => {
        this.#fail(error)
      },
    )
    for (const peerId of this.#targets()) void this.#deliver(peerId)
  }

  /** The condition is decided: what is left to send goes out as a plain record. */
  unlock(token: string): void {
    if (this.#token === token) this.#token = undefined
  }

  /** Answers when `need` replicas hold the write, or `untilMs` has come. */
  reached(opId: string, version: Version, need: number, untilMs: number): Promise<Reached> {
    return new Promise((resolve, reject) => {
      const cancel = this.#node.clock.setTimer(() => {
        waiter.answer(false)
      }, untilMs - this.#node.clock.monotonicMs())
      const leave = (): void => {
        cancel()
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
      }
      const waiter: Waiter = {
        opId,
        version,
        need,
        answer: (isReached) => {
          leave()
          resolve({ isReached, version: waiter.version, heldBy: this.holders(waiter.version) })
        },
        fail: (error) => {
          leave()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#answerWaiters()
      this.#finish()
    })
  }

  holders(version: Version): string[] {
    return [...this.#held].flatMap(([peerId, held]) => (isAtLeast(held, version) ? [peerId] : []))
  }

  /** Peers that have not answered for the newest record yet. */
  missing(): string[] {
    if (this.#isDead) return []
    return this.#targets().filter(
      (peerId) => !isAtLeast(this.#answered.get(peerId), this.#record.version),
    )
  }

  #targets(): readonly string[] {
    return this.#node.neighbours.replicasOf(this.#key)
  }

  async #deliver(peerId: string): Promise<void> {
    if (peerId === this.#node.peerId || this.#delivering.has(peerId)) return
    this.#delivering.add(peerId)
    for (let attempt = 0; this.missing().includes(peerId);) {
      const [record, token] = [this.#record, this.#token]
      try {
        await this.#sendable
        const applied = await callOnce(this.#node, peerId, 'apply', (at) => at.apply(record, token))
        attempt = 0
        if (applied.outcome === 'older') await this.#refused(peerId, record, applied.newest)
        else this.#hold(peerId, record.version)
      } catch {
        await this.#whenWorthTrying(peerId, attempt++)
      }
    }
    this.#delivering.delete(peerId)
    this.#finish()
  }

  async #refused(peerId: string, record: StampedRecord, newest: Version): Promise<void> {
    if (record !== this.#record) return
    const isWanted = this.#waiters.some(({ opId }) => opId === record.opId)
    if (this.#onRefusal === 'passed') this.#hold(peerId, record.version)
    else if (this.#onRefusal === 'restamp' && isWanted) await this.#restamp(record, newest)
    else rise(this.#answered, peerId, record.version)
  }

  async #restamp(record: StampedRecord, above: Version): Promise<void> {
    const { store, locks } = this.#node
    if (locks.isHeld(this.#key)) await locks.whenFree(this.#key)
    if (record !== this.#record) return
    try {
      const { value, deleted, expiresAtMs, opId } = record
      const intent = { key: this.#key, deleted, expiresAtMs, ...(deleted ? {} : { value }) }
      const append = store.append(intent, { opId, above })
      for (const waiter of this.#waiters)
        if (waiter.opId === opId) waiter.version = append.record.version
      this.take(append, 'restamp')
    } catch (error) {
      this.#fail(error)
    }
  }

  #hold(peerId: string, version: Version): void {
    rise(this.#held, peerId, version)
    rise(this.#answered, peerId, version)
    this.#answerWaiters()
    this.#finish()
  }

  #answerWaiters(): void {
    const targets = this.#targets()
    for (const waiter of this.#waiters) {
      const holders = targets.filter((id) => isAtLeast(this.#held.get(id), waiter.version))
      if (holders.length >= waiter.need) waiter.answer(true)
    }
  }

  /** This node's own store refused or lost the write. */
  #fail(error: unknown): void {
    this.#isDead = true
    for (const waiter of this.#waiters) waiter.fail(error)
    this.#onDone()
  }

  #finish(): void {
    if (this.missing().length > 0) return
    if (this.#isDead) return
    // Nobody is left to ask: what is not reached now never will be.
    for (const waiter of this.#waiters) waiter.answer(false)
    this.#node.store.markClean([{ key: this.#key, version: this.#record.version }])
    this.#onDone()
  }

  /** After a while where the peer seems to be there, else when something about it changes. */
  async #whenWorthTrying(peerId: string, attempt: number): Promise<void> {
    const { neighbours } = this.#node
    if (neighbours.stateOf(peerId) === 'connected') await pause(this.#node, attempt)
    else
      await new Promise<void>((resolve) => {
        const stop = neighbours.onPeerChange((changed) => {
          if (changed !== peerId) return
          stop()
          resolve()
        })
      })
  }
}
