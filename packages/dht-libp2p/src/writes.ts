import {
  compareVersions,
  type Clock,
  type Random,
  type StampedRecord,
  type Deadlines,
} from '@bzzz/base'
import type { Store } from '@bzzz/store'
import type { Answer, Client } from './client.js'
import { DirtyPump } from './dirty-pump.js'
import { Followers } from './followers.js'
import { Lanes } from './lanes.js'
import { PARKED_BYTES_MAX, PARKED_MAX, RESTAMPS_MAX } from './limits.js'
import type { Locks } from './locks.js'
import type { Membership } from './membership.js'
import { OpTable } from './op-table.js'
import type { PeerStates } from './peer-states.js'
import type { Superseded } from './superseded.js'
import type { WriteResult } from './wire/reply.js'
import {
  beginRound,
  countAnswer,
  isThrough,
  newWriteOp,
  noteHeld,
  type WriteEnd,
  type WriteOp,
  type WriteStart,
} from './write-op.js'

export interface WritesOptions {
  readonly self: string
  readonly store: Store
  readonly client: Client
  readonly membership: Membership
  readonly states: PeerStates
  readonly deadlines: Deadlines
  readonly superseded: Superseded
  readonly locks: Locks
  readonly clock: Clock
  readonly random: Random
  readonly pumpsDirty: boolean
  /** Hears that a record of this node's store cannot be read, and so is not sent on. */
  readonly onError: (error: unknown) => void
}

/** Brings this node's writes to their replicas, and tells callers when their level is reached. */
export class Writes {
  readonly #options: WritesOptions
  readonly #lanes: Lanes<WriteOp>
  readonly #ops = new OpTable()
  readonly #followers = new Followers(this.#ops)
  readonly #pump: DirtyPump
  #isStopped = false

  constructor(options: WritesOptions) {
    this.#options = options
    const { clock, random } = options
    this.#lanes = new Lanes({
      clock,
      random,
      resend: (op, peer) => {
        if (this.#ops.isLive(op)) this.#send(op, peer)
      },
    })
    this.#pump = new DirtyPump({
      store: options.store,
      clock,
      isFull: () => this.#isFull || this.#isStopped,
      isUnderway: (key) => this.#ops.of(key).length > 0,
      start: (record) => {
        this.#spread(record)
      },
      onError: options.onError,
    })
  }

  /** Resolves with how it ended and the operation, whose record may bear a newer stamp by then. */
  async run(start: WriteStart): Promise<{ end: WriteEnd; op: WriteOp }> {
    const { level, timeoutMs, sendable, committed, signal } = start
    const op = this.#newOp(start)
    this.#ops.add(op)
    if (op.restampsWhileWaited)
      signal?.addEventListener(
        'abort',
        () => {
          op.mayRestamp = false
        },
        { once: true },
      )
    const ended = new Promise<WriteEnd>((resolve) => {
      op.settle = resolve
    })
    if (level !== 'local')
      op.cancelDeadline = this.#options.deadlines.add(timeoutMs, () => {
        this.#settle(op, 'pending')
        if (this.#ops.isLive(op)) this.#check(op)
      })
    const isLocal = committed.then(() => {
      op.isCommitted = true
      this.#noteOwn(op)
      this.#dropOlder(op.record.key)
    })
    if (sendable === undefined) this.#sendAll(op)
    else
      sendable.then(
        () => {
          op.isSendable = true
          this.#sendAll(op)
        },
        () => {},
      )
    try {
      await isLocal
    } catch (error) {
      this.#drop(op)
      throw error
    }
    return { end: await ended, op }
  }

  /** Goes on with records that the store still marks as not replicated. */
  pump(): void {
    if (this.#options.pumpsDirty) this.#pump.run()
  }

  peerReturned(peer: string): void {
    this.#lanes.wake(peer)
  }

  /** What a quorum keeps need not wait for this peer any longer. */
  peerLeft(peer: string): void {
    for (const op of this.#ops.all)
      if (op.settle === undefined && op.replicas.includes(peer) && this.#ops.isLive(op))
        this.#check(op)
  }

  /** Begins anew under the present view: what replicas of another one said does not count. */
  viewChanged(): void {
    this.#lanes.clear()
    for (const op of this.#ops.all) {
      // Its condition was confirmed, and its key kept, by replicas of the former view.
      if (op.isConditional) this.#settle(op, 'pending')
      if (op.settle === undefined) {
        this.#drop(op)
        continue
      }
      this.#begin(op)
      this.#noteOwn(op)
      this.#sendAll(op)
    }
    this.pump()
  }

  /** Ends every operation; nobody is left waiting. */
  stop(): void {
    this.#isStopped = true
    this.#pump.stop()
    this.#lanes.clear()
    for (const op of this.#ops.all) {
      this.#settle(op, 'pending')
      this.#drop(op)
    }
  }

  #spread(record: StampedRecord): void {
    const op = this.#newOp({ record, level: 'local', confirmedBy: undefined, sendable: undefined })
    op.isCommitted = true
    this.#ops.add(op)
    this.#noteOwn(op)
    this.#sendAll(op)
  }

  #newOp(start: Parameters<typeof newWriteOp>[0]): WriteOp {
    const op = newWriteOp(start, this.#options.self)
    this.#begin(op)
    return op
  }

  /** No further operations are kept for replicas that are away. */
  get #isFull(): boolean {
    return this.#ops.count >= PARKED_MAX || this.#ops.bytes >= PARKED_BYTES_MAX
  }

  #begin(op: WriteOp): void {
    const { membership, store } = this.#options
    beginRound(op, membership.placement.of(store.bucketOf(op.record.key)))
  }

  #noteOwn(op: WriteOp): void {
    const { self, membership, store, superseded, locks } = this.#options
    const { key, version, opId } = op.record
    if (!op.isCommitted) return
    const newest = store.head(key)?.version
    if (newest === undefined) return
    const isHeld = compareVersions(newest, version) === 0
    if (isHeld) noteHeld(op, self, store.durability === 'disk')
    if (op.replicas.includes(self)) {
      op.done.add(self)
      const held = superseded.held(key, version, newest)
      const told = isHeld
        ? { outcome: 'known' as const }
        : { outcome: 'newer' as const, newest, held }
      const isNext = locks.isNext(key, opId)
      if (membership.isCounted) {
        op.secured.add(self)
        countAnswer(op, self, { ...told, isNext })
      }
    }
    if (op.level === 'local') this.#settle(op, 'acknowledged')
    this.#check(op)
  }

  #sendAll(op: WriteOp): void {
    const { self, states } = this.#options
    if (!op.isSendable) return
    for (const peer of op.replicas) {
      if (peer === self || op.done.has(peer)) continue
      // Suspects are not avoided here: a write wants all replicas, and nobody waits for the last.
      if (states.of(peer) === 'disconnected') this.#park(op, peer)
      else this.#send(op, peer)
    }
    this.#check(op)
  }

  #send(op: WriteOp, peer: string): void {
    // A lane may still have it from an earlier stamp.
    if (!op.isSendable) return
    const { round } = op
    this.#options.client.write(peer, op.record, (answer) => {
      if (op.round === round && this.#ops.isLive(op)) this.#answered(op, peer, answer)
    })
  }

  #answered(op: WriteOp, peer: string, answer: Answer<WriteResult>): void {
    if (answer.kind === 'error') {
      this.#park(op, peer)
      // It may be known as away by now, and the last one missing.
      if (this.#ops.isLive(op)) this.#check(op)
      return
    }
    if (answer.kind === 'view-differs') {
      // Exchanged just now, and still of another view: it may never admit whom this node does.
      if (op.differed.delete(peer)) this.#park(op, peer)
      else this.#agree(op, peer)
      return
    }
    this.#lanes.succeeded(peer)
    const { result, isCounted, isDurable } = answer
    if (result.outcome !== 'stored' && result.outcome !== 'known' && result.outcome !== 'newer') {
      this.#park(op, peer)
      return
    }
    op.done.add(peer)
    if (result.outcome === 'stored' || result.outcome === 'known') noteHeld(op, peer, isDurable)
    if (isCounted) {
      if (isDurable || this.#options.store.durability === 'memory') op.secured.add(peer)
      countAnswer(op, peer, result)
    } else if (op.settle !== undefined) {
      // The peer is joining; only its later answer counts.
      op.done.delete(peer)
      this.#park(op, peer)
    }
    this.#check(op)
  }

  #agree(op: WriteOp, peer: string): void {
    const { round } = op
    const { membership } = this.#options
    membership.exchange(peer).then(
      () => {
        if (op.round !== round || !this.#ops.isLive(op)) return
        op.differed.add(peer)
        this.#send(op, peer)
      },
      () => {
        if (op.round === round && this.#ops.isLive(op)) this.#park(op, peer)
      },
    )
  }

  #park(op: WriteOp, peer: string): void {
    // Beyond the bound the store remembers that the key is dirty; nobody waits for such an operation.
    if (op.settle === undefined && this.#isFull) this.#drop(op)
    else this.#lanes.park(op, peer)
  }

  #check(op: WriteOp): void {
    const { state } = op.tally
    if (state.kind === 'reached' && this.#isSettleable(op)) this.#settle(op, 'acknowledged')
    if (!op.isCommitted || op.isRestamping || op.isFollowing) return
    if (state.kind === 'restamp' && op.isConditional) {
      this.#settle(op, 'conflict')
      this.#drop(op)
    } else if (state.kind === 'restamp' && op.mayRestamp && op.restamps < RESTAMPS_MAX)
      void this.#restamp(op, state.above)
    else if (isThrough(op, this.#isAway)) this.#finish(op)
  }

  #isSettleable(op: WriteOp): boolean {
    return op.level !== 'local' && op.isCommitted
  }

  #isAway = (peer: string): boolean =>
    peer !== this.#options.self && !this.#options.states.isConnected(peer)

  #finish(op: WriteOp): void {
    const { store } = this.#options
    const { key, version } = op.record
    if (store.isDirty(key)) store.markClean([{ key, version }])
    // A level that these replicas cannot give stays unreached.
    this.#settle(op, op.tally.state.kind === 'reached' ? 'acknowledged' : 'pending')
    this.#drop(op)
  }

  /**
   * Stamps above what refused it. When this node has given the key a later stamp since, that later
   * write stands for both.
   */
  async #restamp(op: WriteOp, above: StampedRecord['version']): Promise<void> {
    op.isRestamping = true
    op.restamps++
    try {
      const { key, value, deleted, expiresAtMs, opId } = op.record
      const intent = deleted ? { key, deleted, expiresAtMs } : { key, value, expiresAtMs }
      const append = this.#options.store.append(intent, { opId, above })
      if (append.isDuplicate) this.#followLater(op)
      else {
        op.record = append.record
        op.isCommitted = false
        op.isSendable = false
        this.#begin(op)
        await append.committed
        op.isCommitted = true
        op.isSendable = true
        this.#noteOwn(op)
        this.#sendAll(op)
      }
    } catch {
      // Too far ahead, or the store cannot write: the operation stays pending.
    } finally {
      op.isRestamping = false
    }
    if (this.#ops.isLive(op)) this.#check(op)
  }

  #followLater(op: WriteOp): void {
    if (this.#followers.follow(op) !== 'acknowledged') return
    this.#settle(op, 'acknowledged')
    this.#drop(op)
  }

  #settle(op: WriteOp, end: WriteEnd): void {
    op.cancelDeadline?.()
    op.cancelDeadline = undefined
    if (end === 'acknowledged' && op.level !== 'local')
      for (const follower of this.#followers.acknowledged(op)) {
        this.#settle(follower, 'acknowledged')
        this.#drop(follower)
      }
    const { settle } = op
    op.settle = undefined
    if (op.restampsWhileWaited) op.mayRestamp = false
    settle?.(end)
    if (end === 'pending' && settle !== undefined) this.#dropOlder(op.record.key)
  }

  /** The dirty mark sends the newest: what nobody waits for any more need not be kept beside it. */
  #dropOlder(key: string): void {
    const { self, store } = this.#options
    if (this.#isStopped) return
    const newest = store.head(key)?.version
    for (const op of Array.from(this.#ops.of(key))) {
      if (op.settle !== undefined || !op.isCommitted || op.isRestamping) continue
      const isOlder = newest?.writer === self && compareVersions(newest, op.record.version) > 0
      if (isOlder || this.#isFull) this.#drop(op)
    }
  }

  #drop(op: WriteOp): void {
    if (!this.#ops.remove(op)) return
    for (const peer of op.replicas) this.#lanes.remove(op, peer)
    for (const follower of op.followers.splice(0)) {
      follower.isFollowing = false
      if (this.#ops.isLive(follower)) this.#check(follower)
    }
  }
}
