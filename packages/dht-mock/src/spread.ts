import { codeOf, compareVersions, quorumOf, type StampedRecord, type Version } from '@bzzz/base'
import type { Append } from '@bzzz/store'
import type { Locked } from './conditional-write.js'
import { callOnce, pause, type NodeContext } from './neighbours.js'
import type { Taken } from './replica.js'

/**
 * What a caller takes for "it holds the write" where a replica refuses an older record.
 * - `restamp`: a plain write of this node: only a replica that held it. Where no quorum ever can, it
 *   is stamped above what refused it, and sent again.
 * - `passed`: a record that wants to spread only: any refusal, for it names something newer.
 * - `lost`: a conditional write: as a plain one, but never stamped anew: its condition is gone.
 */
export type OnRefusal = 'restamp' | 'passed' | 'lost'

/** How far a write has got. */
export interface Reached {
  readonly isReached: boolean
  readonly version: Version
  readonly heldBy: readonly string[]
}

export interface Wanted {
  /** Replicas that must hold the write. */
  readonly need: number
  readonly onRefusal: OnRefusal
  readonly untilMs: number
  /** Ends the wait before. */
  readonly signal?: AbortSignal | undefined
}

interface Waiter {
  readonly need: number
  readonly onRefusal: OnRefusal
  readonly answer: (isReached: boolean) => void
  readonly fail: (error: unknown) => void
}

export interface SpreadStart {
  readonly append: Append
  readonly isConditional: boolean
  /** Under which it is written, where its condition was confirmed just now. */
  readonly lock: Pick<Locked, 'token' | 'confirmedBy'> | undefined
}

/** What a spread tells the others of its key, and learns of them. */
export interface Siblings {
  /** Nothing is left to send. */
  over(spread: Spread): void
  /** A quorum holds a plain write of this node under this version. */
  chosen(key: string, version: Version): void
  /** True when a quorum held a plain write of this node after this version. */
  isFollowed(key: string, version: Version): boolean
}

const isSame = (a: Version, b: Version): boolean => compareVersions(a, b) === 0

/**
 * One write of this node on its way to the replicas of its key. Lives until every replica has
 * answered, or until a quorum has and the others are away (those catch up when they return), or
 * until nobody waits for it and this node has written the key anew.
 */
export class Spread {
  readonly #node: NodeContext
  readonly #siblings: Siblings
  #append: Append
  #token: string | undefined
  readonly #confirmedBy: ReadonlySet<string> | undefined
  /** Nothing may stand right before it but what it was conditional on: it stands for no other. */
  readonly #isConditional: boolean
  /** Peers that hold the present stamp, or held it. */
  readonly #took = new Set<string>()
  /** Peers that refused it for a newer one and had never held it. */
  readonly #never = new Set<string>()
  /** Peers that gave any answer to it. */
  readonly #answered = new Set<string>()
  #above: Version | undefined
  #isRestamping = false
  readonly #delivering = new Set<string>()
  #waiters: Waiter[] = []
  #isOver = false

  constructor(node: NodeContext, siblings: Siblings, start: SpreadStart) {
    this.#node = node
    this.#siblings = siblings
    this.#append = start.append
    this.#token = start.lock?.token
    this.#confirmedBy = start.lock?.confirmedBy
    this.#isConditional = start.isConditional
  }

  get record(): StampedRecord {
    return this.#append.record
  }

  /** Sends it to everybody who has not answered yet. */
  send(): void {
    const append = this.#append
    append.committed.then(
      () => {
        if (this.#append === append) this.#holdHere()
      },
      (error: unknown) => {
        if (this.#append === append) this.#fail(error)
      },
    )
    for (const peerId of this.#targets()) void this.#deliver(peerId)
  }

  /** The condition is decided: what is left to send goes out as a plain record. */
  unlock(token: string): void {
    if (this.#token === token) this.#token = undefined
  }

  /** Answers when so many replicas hold the write, or its time is over. */
  reached({ untilMs, need, onRefusal, signal }: Wanted): Promise<Reached> {
    return new Promise((resolve, reject) => {
      const cancel = this.#node.clock.setTimer(() => {
        waiter.answer(false)
      }, untilMs - this.#node.clock.monotonicMs())
      const onAbort = (): void => {
        waiter.answer(false)
      }
      const leave = (): void => {
        cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
      }
      const waiter: Waiter = {
        need,
        onRefusal,
        answer: (isReached) => {
          leave()
          resolve({ isReached, version: this.record.version, heldBy: [...this.#took] })
          this.finish()
        },
        fail: (error) => {
          leave()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.advance()
    })
  }

  /** Peers that have not answered yet. */
  missing(): string[] {
    if (this.#isOver) return []
    return this.#targets().filter((peerId) => !this.#answered.has(peerId))
  }

  /** Nothing is sent any more; nobody is left waiting. */
  stop(): void {
    this.#isOver = true
    for (const waiter of this.#waiters) waiter.answer(false)
  }

  /** Acts on what is known now. */
  advance(): void {
    if (this.#isOver) return
    for (const waiter of this.#waiters)
      if (this.#count(waiter.onRefusal) >= waiter.need) waiter.answer(true)
    if (this.#isDead() && this.#isWanted()) void this.#restamp()
    else this.finish()
  }

  finish(): void {
    if (this.#isOver) return
    const { key, version } = this.record
    const missing = this.missing()
    if (missing.length === 0 || this.#isEnoughWithout(missing))
      this.#node.store.markClean([{ key, version }])
    else if (!this.#isReplaced()) return
    // A level that counts on who is away is still waited for.
    if (missing.length > 0 && this.#waiters.length > 0) return
    this.#isOver = true
    // Nobody is left to ask: what is not reached now never will be.
    for (const waiter of this.#waiters) waiter.answer(false)
    this.#siblings.over(this)
  }

  #targets(): readonly string[] {
    return this.#node.neighbours.replicasOf(this.record.key)
  }

  async #deliver(peerId: string): Promise<void> {
    if (peerId === this.#node.peerId || this.#delivering.has(peerId)) return
    this.#delivering.add(peerId)
    for (let attempt = 0; this.missing().includes(peerId);) {
      const [{ record, committed }, token] = [this.#append, this.#token]
      try {
        // Not before: after a crash a retry would find no trace here of what others have seen, and
        // the write would take effect a second time.
        await committed
        const taken = await callOnce(this.#node, peerId, 'apply', (at) => at.apply(record, token))
        attempt = 0
        if (record === this.record) this.#answer(peerId, taken)
      } catch {
        this.finish()
        if (this.missing().includes(peerId)) await this.#whenWorthTrying(peerId, attempt++)
      }
    }
    this.#delivering.delete(peerId)
  }

  #answer(peerId: string, { held, newest }: Taken): void {
    if (held === 'before' && this.#confirmedBy?.has(peerId) !== false) {
      this.#hold(peerId)
      return
    }
    this.#answered.add(peerId)
    if (held === 'never' && !this.#took.has(peerId)) this.#never.add(peerId)
    if (this.#above === undefined || compareVersions(newest, this.#above) > 0) this.#above = newest
    this.advance()
  }

  /** This node's own copy counts for a condition as any other one does. */
  #holdHere(): void {
    const { peerId, replica } = this.#node
    const isNext = this.#token === undefined || replica.isNext(this.#token, this.record.version)
    if (isNext && this.#confirmedBy?.has(peerId) !== false) this.#hold(peerId)
    else {
      this.#answered.add(peerId)
      this.advance()
    }
  }

  #hold(peerId: string): void {
    const { key, version } = this.record
    this.#took.add(peerId)
    this.#answered.add(peerId)
    const isOwn = version.writer === this.#node.peerId
    if (isOwn && !this.#isConditional && this.#isChosen()) this.#siblings.chosen(key, version)
    this.advance()
  }

  #count(onRefusal: OnRefusal): number {
    const targets = this.#targets()
    const counted = onRefusal === 'passed' ? this.#answered : this.#took
    const count = targets.filter((peerId) => counted.has(peerId)).length
    if (onRefusal !== 'restamp') return count
    // Once a quorum holds the stamp, a replica with a newer one holds what came after it.
    if (this.#isChosen()) return count + this.#never.size
    const { key, version } = this.record
    return this.#isDead() && this.#siblings.isFollowed(key, version) ? targets.length : count
  }

  #isChosen(): boolean {
    const targets = this.#targets()
    return targets.filter((peerId) => this.#took.has(peerId)).length >= quorumOf(targets.length)
  }

  /** No quorum holds this stamp, held it, or will: nobody can have read it from one. */
  #isDead(): boolean {
    const replicas = this.#targets().length
    return this.#never.size > replicas - quorumOf(replicas)
  }

  #isWanted(): boolean {
    return this.#waiters.some(({ onRefusal }) => onRefusal === 'restamp')
  }

  /** This node has written the key anew, and nobody waits for this write: the newer one stands for it. */
  #isReplaced(): boolean {
    const { key, version } = this.record
    const head = this.#node.store.head(key)
    if (head === undefined || this.#waiters.length > 0 || isSame(head.version, version))
      return false
    return head.version.writer === this.#node.peerId && compareVersions(head.version, version) > 0
  }

  async #restamp(): Promise<void> {
    const { store, locks } = this.#node
    const { record } = this
    const above = this.#above
    if (this.#isRestamping || above === undefined) return
    this.#isRestamping = true
    try {
      const { key, value, deleted, expiresAtMs, opId } = record
      if (locks.isHeld(key)) await locks.whenFree(key)
      // Who was answered meanwhile was told that the write counts as of then.
      if (this.#isOver || !this.#isWanted()) return
      const intent = { key, deleted, expiresAtMs, ...(deleted ? {} : { value }) }
      const append = store.append(intent, { opId, above })
      // A later write of this node stands for both: once that one is through, so is this.
      if (compareVersions(append.record.version, record.version) <= 0) return
      this.#begin(append)
    } catch (error) {
      // What refused it is too far ahead of this clock: the write stays pending.
      if (codeOf(error) !== 'CLOCK_SKEW') this.#fail(error)
    } finally {
      this.#isRestamping = false
    }
  }

  #begin(append: Append): void {
    this.#append = append
    this.#above = undefined
    for (const set of [this.#took, this.#never, this.#answered]) set.clear()
    this.send()
  }

  /** This node's own store refused or lost the write. */
  #fail(error: unknown): void {
    this.#isOver = true
    for (const waiter of this.#waiters) waiter.fail(error)
    this.#siblings.over(this)
  }

  #isEnoughWithout(missing: readonly string[]): boolean {
    const { neighbours, peerId: self } = this.#node
    const targets = this.#targets()
    return (
      targets.length - missing.length >= quorumOf(targets.length) &&
      missing.every((peerId) => peerId !== self && neighbours.stateOf(peerId) !== 'connected')
    )
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
