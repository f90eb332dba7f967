import {
  codeOf,
  quorumOf,
  type AbortOptions,
  type ApplyOptions,
  type Cancel,
  type Clock,
  type Level,
  type Random,
  type StampedRecord,
  type Unsubscribe,
  type Version,
  type WriteIntent,
} from '@bzzz/base'
import type { ReplicaInfo } from '@bzzz/dht-core'
import type { Append, Store } from '@bzzz/store'
import { catchUp } from './catch-up.js'
import { lockExpected, type Locked } from './conditional-write.js'
import { confirm, copyAll, type CopyProgress } from './copy.js'
import { KeyLocks } from './key-locks.js'
import type { Neighbours, NodeContext } from './neighbours.js'
import { quorumRead } from './quorum-read.js'
import { Replica } from './replica.js'
import { Spread, type OnRefusal, type Reached } from './spread.js'
import { Spreads } from './spreads.js'

export interface WriteRequest {
  readonly opId: string
  /** Replicas that must hold the write. */
  readonly need: number
  readonly level: Level
  readonly timeoutMs: number
  readonly expectedVersion: Version | null | undefined
  /** Of a record that was stamped before this call. Default: as for any write. */
  readonly restamps?: ApplyOptions['restamps']
  /** The caller waits no longer once it fires. */
  readonly signal?: AbortSignal | undefined
}

interface ClusterOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly neighbours: Neighbours
  readonly pumpsDirty: boolean
  readonly compareEveryMs: number
}

/** No record has it: a condition on it holds for a known operation alone, which is not asked. */
const NO_VERSION: Version = { wallMs: -1, counter: 0, writer: '' }

/** Conditional writes that a retry finds to have succeeded; an older one's stays pending. */
const DECIDED_MAX = 10_000

/** One node's part in an embedded network. */
export class Cluster {
  readonly #node: NodeContext
  readonly #spreads: Spreads
  readonly #working = new Set<Promise<unknown>>()
  readonly #calls = new Set<Promise<unknown>>()
  readonly #pumpsDirty: boolean
  readonly #compareEveryMs: number
  #cancelCompare: Cancel = () => {}
  /** Conditional writes whose condition held, by operation. */
  readonly #decided = new Set<string>()
  #unsubscribe: Unsubscribe = () => {}

  /** @param options with a store that is started */
  constructor(options: ClusterOptions) {
    const { store, clock, random, neighbours, pumpsDirty, compareEveryMs } = options
    const locks = new KeyLocks(clock)
    const replica = new Replica(store, locks, clock)
    this.#pumpsDirty = pumpsDirty
    this.#compareEveryMs = compareEveryMs
    this.#spreads = new Spreads()
    this.#node = {
      peerId: store.writer,
      store,
      clock,
      random,
      locks,
      replica,
      neighbours,
      background: (work) => {
        this.#track(this.#working, work).catch(() => {})
      },
    }
  }

  start(): void {
    const { neighbours, store, replica } = this.#node
    neighbours.serve(replica)
    this.#unsubscribe = neighbours.onPeerChange((peerId) => {
      this.#catchUp(peerId)
    })
    this.#compareAll()
    if (this.#pumpsDirty) for (const key of store.dirtyKeys()) void this.#resume(key)
  }

  /** With every other node, now and at intervals: whoever sent a record may be gone for good. */
  #compareAll(): void {
    const { neighbours, clock } = this.#node
    for (const peerId of neighbours.others()) this.#catchUp(peerId)
    if (this.#compareEveryMs < Infinity)
      this.#cancelCompare = clock.setTimer(() => {
        this.#compareAll()
      }, this.#compareEveryMs)
  }

  /** Lets calls in flight end, then leaves the network. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#calls)
    this.#unsubscribe()
    this.#cancelCompare()
    this.#spreads.stop()
    this.#node.replica.close()
    this.#node.neighbours.leave()
  }

  replicaCount(key: string): number {
    return this.#node.neighbours.replicasOf(key).length
  }

  replicasOf(key: string): ReplicaInfo[] {
    const { neighbours, peerId: self } = this.#node
    return neighbours.replicasOf(key).map((peerId) => ({
      peerId,
      isSelf: peerId === self,
      state: peerId === self ? 'connected' : neighbours.stateOf(peerId),
    }))
  }

  confirm(keys: readonly string[], options: AbortOptions): Promise<boolean> {
    return this.#track(this.#calls, confirm(this.#node, keys, options))
  }

  copyAll(
    options: AbortOptions & { readonly onProgress?: (progress: CopyProgress) => void },
  ): Promise<void> {
    return this.#track(this.#calls, copyAll(this.#node, options))
  }

  /** True when this node's own copy answers for the key: it is a replica, or has a record. */
  holds(key: string): boolean {
    const { neighbours, peerId, store } = this.#node
    return store.head(key) !== undefined || neighbours.replicasOf(key).includes(peerId)
  }

  isLocked(key: string): boolean {
    return this.#node.locks.isHeld(key)
  }

  isQuiet(isThere: (peerId: string) => boolean): boolean {
    const { neighbours, peerId: self } = this.#node
    if (this.#working.size > 0) return false
    if (neighbours.others().some((id) => isThere(id) && neighbours.stateOf(id) !== 'connected'))
      return false
    return this.#spreads
      .all()
      .every((spread) => spread.missing().every((id) => id !== self && !isThere(id)))
  }

  read(key: string, need: number, timeoutMs: number): Promise<StampedRecord | undefined> {
    const untilMs = this.#node.clock.monotonicMs() + timeoutMs
    return this.#track(this.#calls, quorumRead(this.#node, key, need, untilMs))
  }

  write(intent: WriteIntent, request: WriteRequest): Promise<Reached> {
    return this.#track(this.#calls, this.#write(intent, request))
  }

  writeIf(intent: WriteIntent, request: WriteRequest): Promise<Reached> {
    return this.#track(this.#calls, this.#writeIf(intent, request))
  }

  /** Sends a record that the store has taken, and answers when `need` replicas hold it. */
  settled(append: Append, request: WriteRequest): Promise<Reached> {
    // Only this node's own stamps may be replaced: of another's it cannot tell what came after it.
    const isOwn = append.record.version.writer === this.#node.peerId
    const mayRestamp = isOwn && request.level !== 'local' && request.restamps !== 'never'
    const onRefusal = mayRestamp ? 'restamp' : 'passed'
    return this.#track(this.#calls, this.#settle(append, request, onRefusal, request.timeoutMs))
  }

  async #write(intent: WriteIntent, request: WriteRequest): Promise<Reached> {
    const { store, locks } = this.#node
    const { opId, expectedVersion } = request
    if (locks.isHeld(intent.key)) await locks.whenFree(intent.key)
    return this.settled(store.append(intent, { opId, expectedVersion }), request)
  }

  async #writeIf(intent: WriteIntent, request: WriteRequest): Promise<Reached> {
    const { store, clock } = this.#node
    const { key } = intent
    const { opId, expectedVersion = null, timeoutMs } = request
    const before = this.#known(intent, opId)
    if (before !== undefined) return this.#again(before, request)
    const nowMs = clock.monotonicMs()
    const locked = await lockExpected(this.#node, key, expectedVersion, nowMs + timeoutMs)
    try {
      const above = locked.newest?.version
      const append = store.append(intent, { opId, ...(above === undefined ? {} : { above }) })
      const need = Math.max(request.need, quorumOf(this.replicaCount(key)))
      const leftMs = Math.min(nowMs + timeoutMs, locked.untilMs) - clock.monotonicMs()
      const reached = await this.#settle(append, { ...request, need }, 'lost', leftMs, locked)
      if (reached.isReached) this.#remember(opId)
      return reached
    } finally {
      this.#spreads.unlock(key, locked.token)
      locked.release()
    }
  }

  /**
   * A conditional write that was taken before. It has spread like a plain one since: that replicas
   * hold it does not tell whether its condition held, unless that was told before.
   */
  #again(append: Append, request: WriteRequest): Promise<Reached> {
    if (this.#decided.has(request.opId))
      return this.#settle(append, request, 'lost', request.timeoutMs)
    this.#spread(append, true)
    const { version } = append.record
    return Promise.resolve({ isReached: false, version, heldBy: [this.#node.peerId] })
  }

  #remember(opId: string): void {
    this.#decided.add(opId)
    if (this.#decided.size <= DECIDED_MAX) return
    for (const oldest of this.#decided) {
      this.#decided.delete(oldest)
      break
    }
  }

  /** The record of an operation that this node has taken before. */
  #known(intent: WriteIntent, opId: string): Append | undefined {
    try {
      return this.#node.store.append(intent, { opId, expectedVersion: NO_VERSION })
    } catch (error) {
      if (codeOf(error) === 'STORE_CONFLICT') return undefined
      throw error
    }
  }

  async #settle(
    append: Append,
    request: WriteRequest,
    onRefusal: OnRefusal,
    timeoutMs: number,
    lock?: Locked,
  ): Promise<Reached> {
    const spread = this.#spread(append, onRefusal === 'lost', lock)
    if (request.level === 'local') {
      await append.committed
      return { isReached: true, version: append.record.version, heldBy: [this.#node.peerId] }
    }
    const untilMs = this.#node.clock.monotonicMs() + timeoutMs
    const { need, signal } = request
    return spread.reached({ need, onRefusal, untilMs, signal })
  }

  #spread(append: Append, isConditional = false, lock?: Locked): Spread {
    const open = this.#spreads.of(append.record)
    if (open !== undefined) return open
    const spread = new Spread(this.#node, this.#spreads, { append, isConditional, lock })
    this.#spreads.add(spread)
    spread.send()
    return spread
  }

  /** Sends what an earlier run of this node left on its own disk only. */
  async #resume(key: string): Promise<void> {
    const record = await this.#node.store.read(key)
    if (record === undefined) return
    this.#spread({ record, isDuplicate: true, sendable: undefined, committed: Promise.resolve() })
  }

  #catchUp(peerId: string): void {
    if (this.#node.neighbours.stateOf(peerId) !== 'connected') return
    this.#node.background(catchUp(this.#node, peerId))
  }

  #track<T>(set: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
    const leave = (): void => {
      set.delete(work)
    }
    set.add(work)
    work.then(leave, leave)
    return work
  }
}
