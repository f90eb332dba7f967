import {
  abortable,
  codeOf,
  isExpired,
  messageOf,
  newOperationId,
  replicasFor,
  Service,
  systemClock,
  systemRandom,
  throwIfAborted,
  type AbortOptions,
  type ApplyOptions,
  type Clock,
  type Level,
  type Random,
  type StampedRecord,
  type Unsubscribe,
  type WriteIntent,
} from '@bzzz/base'
import {
  assertKey,
  assertRecord,
  assertValue,
  DHT_CONTRACT,
  dhtError,
  refusalOf,
  type DHT,
  type DHTChange,
  type DHTRecord,
  type ReadOptions,
  type ReplicaInfo,
  type WriteOptions,
  type WriteReceipt,
} from '@bzzz/dht-core'
import type { Append, Store } from '@bzzz/store'
import { Cluster } from './cluster.js'
import type { CopyProgress } from './copy.js'
import type { Reached } from './spread.js'
import type { Neighbours } from './neighbours.js'
import { reachOf, type MockReach } from './reach.js'

export interface MockDHTOptions {
  /** Holds the records. Started before this node and stopped after it, by whoever made it. */
  readonly store: Store
  /** Default: the system's clock. */
  readonly clock?: Clock
  /** Makes operation ids. Default: the system's randomness. */
  readonly random?: Random
  /** The other nodes of an embedded network. Default: none, and a quorum is this node. */
  readonly neighbours?: Neighbours
  /**
   * Sends at the start what the store marks as not replicated. False: whoever calls `apply` with
   * these records does, as a hybrid. Default true.
   */
  readonly pumpsDirty?: boolean
  /**
   * Compares this node with every other one at this interval, milliseconds, beside when they meet.
   * Default: never.
   */
  readonly compareEveryMs?: number
}

const DEFAULT_TIMEOUT_MS = 2000

const NO_OPTIONS = {}

/** A record that comes stamped is refused as a record; its fields are no arguments. */
const refusalOfRecord = (error: unknown): unknown =>
  codeOf(error) === 'STORE_RECORD_INVALID'
    ? dhtError('DHT_RECORD_INVALID', messageOf(error), { cause: error })
    : refusalOf(error)

/**
 * The embedded DHT. Over a store alone it serves one machine: every record is here, and a quorum
 * is this node. In a network of `createMockNetwork` it replicates to the other nodes.
 */
export class MockDHT extends Service implements DHT {
  readonly contract: string = DHT_CONTRACT
  /** Whether the other nodes can be expected to answer. */
  readonly reach: MockReach
  readonly #store: Store
  readonly #clock: Clock
  readonly #random: Random
  readonly #options: MockDHTOptions
  #cluster: Cluster | undefined
  readonly #writes = new Set<Promise<WriteReceipt>>()

  constructor(options: MockDHTOptions) {
    super(`the DHT of ${options.store.writer}`)
    const { store, clock = systemClock, random = systemRandom } = options
    this.#options = options
    this.#store = store
    this.#clock = clock
    this.#random = random
    this.reach = reachOf(store.writer, options.neighbours)
  }

  get peerId(): string {
    return this.#store.writer
  }

  protected override onStart(): Promise<void> {
    const { neighbours, pumpsDirty = true, compareEveryMs = Infinity } = this.#options
    if (neighbours !== undefined) {
      const [store, clock, random] = [this.#store, this.#clock, this.#random]
      this.#cluster = new Cluster({
        store,
        clock,
        random,
        neighbours,
        pumpsDirty,
        compareEveryMs,
      })
      this.#cluster.start()
    }
    return Promise.resolve()
  }

  protected override async onStop(): Promise<void> {
    await Promise.allSettled(this.#writes)
    await this.#cluster?.stop()
  }

  /** True when nothing is on its way to a node that `isThere`, and nothing is being fetched. */
  isQuiet(isThere: (peerId: string) => boolean): boolean {
    return this.#cluster?.isQuiet(isThere) ?? true
  }

  /**
   * True when a quorum of the replicas of each key holds what this node holds, or newer; what is
   * newer is fetched. Rejects with `DHT_UNAVAILABLE` when too few answer.
   */
  async confirm(keys: readonly string[], options: AbortOptions = {}): Promise<boolean> {
    this.assertStarted()
    throwIfAborted(options.signal)
    return this.#cluster?.confirm(keys, options) ?? true
  }

  /**
   * Fetches every record that this node lacks or has older, whether it is a replica or not. Rejects
   * with `DHT_UNAVAILABLE` when so many nodes do not answer that a record may be missed.
   */
  async copyAll(
    options: AbortOptions & { readonly onProgress?: (progress: CopyProgress) => void } = {},
  ): Promise<void> {
    this.assertStarted()
    throwIfAborted(options.signal)
    await this.#cluster?.copyAll(options)
  }

  async get(key: string, options: ReadOptions = NO_OPTIONS): Promise<DHTRecord | undefined> {
    if (!this.isStarted) this.assertStarted()
    assertKey(key)
    throwIfAborted(options.signal)
    const record = this.#read(key, options)
    return this.#visible(record instanceof Promise ? await record : record)
  }

  async put(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<WriteReceipt> {
    this.assertStarted()
    assertKey(key)
    assertValue(value)
    throwIfAborted(options.signal)
    return this.#awaited(this.#write({ key, value, expiresAtMs: options.expiresAtMs }, options))
  }

  async delete(key: string, options: WriteOptions = {}): Promise<WriteReceipt> {
    this.assertStarted()
    assertKey(key)
    throwIfAborted(options.signal)
    return this.#awaited(
      this.#write({ key, deleted: true, expiresAtMs: options.expiresAtMs }, options),
    )
  }

  async apply(record: StampedRecord, options: ApplyOptions = {}): Promise<WriteReceipt> {
    this.assertStarted()
    assertRecord(record)
    throwIfAborted(options.signal)
    return this.#awaited(this.#apply(record, options))
  }

  async closestPeers(key: string, options: AbortOptions = {}): Promise<readonly ReplicaInfo[]> {
    this.assertStarted()
    assertKey(key)
    throwIfAborted(options.signal)
    const { peerId } = this
    return this.#cluster?.replicasOf(key) ?? [{ peerId, isSelf: true, state: 'connected' as const }]
  }

  onChange(listener: (change: DHTChange) => void): Unsubscribe {
    return this.#store.onCommit(({ key, version, deleted }) => {
      listener({ key, version, deleted })
    })
  }

  #replicas(key: string): number {
    return this.#cluster?.replicaCount(key) ?? 1
  }

  #visible(record: StampedRecord | undefined): DHTRecord | undefined {
    if (record === undefined || record.deleted) return undefined
    if (record.expiresAtMs !== undefined && isExpired(record, this.#clock.nowMs())) return undefined
    return record
  }

  #read(
    key: string,
    options: ReadOptions,
  ): StampedRecord | undefined | Promise<StampedRecord | undefined> {
    const { level = 'quorum' } = options
    const cluster = this.#cluster
    if (level === 'local' && (cluster === undefined || cluster.holds(key)))
      return this.#store.read(key)
    const replicas = this.#replicas(key)
    const need = replicasFor(level, replicas)
    if (need > replicas)
      throw dhtError('DHT_UNAVAILABLE', `the key has ${replicas} replicas; ${need} were asked for`)
    if (cluster === undefined) return this.#store.read(key)
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    return abortable(cluster.read(key, need, timeoutMs), signal)
  }

  /** Lets `stop` wait for the write. */
  #awaited(write: Promise<WriteReceipt>): Promise<WriteReceipt> {
    const leave = (): void => {
      this.#writes.delete(write)
    }
    this.#writes.add(write)
    write.then(leave, leave)
    return write
  }

  async #apply(record: StampedRecord, options: ApplyOptions): Promise<WriteReceipt> {
    const { level = 'quorum' } = options
    const need = replicasFor(level, this.#replicas(record.key))
    try {
      // Not copied: a stamped record belongs to a store already, and nobody changes it.
      await abortable(this.#store.apply([record]), options.signal)
    } catch (error) {
      throw refusalOfRecord(error)
    }
    const committed = Promise.resolve()
    const append = { record, isDuplicate: true, sendable: undefined, committed }
    return this.#acknowledge(append, need, level, options)
  }

  async #write(intent: WriteIntent, options: WriteOptions): Promise<WriteReceipt> {
    const { level = 'quorum', opId = newOperationId(this.#random) } = options
    const { expectedVersion, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    const need = replicasFor(level, this.#replicas(intent.key))
    const cluster = this.#cluster
    const isDecidedHere = level === 'local' || expectedVersion === undefined
    try {
      if (cluster === undefined || (isDecidedHere && !cluster.isLocked(intent.key))) {
        const append = this.#store.append(intent, { opId, expectedVersion })
        return await this.#acknowledge(append, need, level, options)
      }
      const { value } = intent
      const owned = value === undefined ? intent : { ...intent, value: value.slice() }
      const request = { opId, need, level, timeoutMs, expectedVersion }
      const work = isDecidedHere ? cluster.write(owned, request) : cluster.writeIf(owned, request)
      return this.#receipt(intent.key, opId, level, await abortable(work, signal))
    } catch (error) {
      throw refusalOf(error)
    }
  }

  /** Answers for a record that this node's store has taken. */
  async #acknowledge(
    append: Append,
    need: number,
    level: Level,
    options: ApplyOptions,
  ): Promise<WriteReceipt> {
    const { key, version, opId } = append.record
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, restamps } = options
    if (this.#cluster === undefined) {
      await abortable(append.committed, signal)
      const alone = { version, heldBy: [this.peerId], isReached: need <= 1 }
      return this.#receipt(key, opId, level, alone)
    }
    const expectedVersion = undefined
    const request = { opId, need, level, timeoutMs, expectedVersion, restamps, signal }
    const reached = await abortable(this.#cluster.settled(append, request), signal)
    return this.#receipt(key, opId, level, reached)
  }

  #receipt(key: string, opId: string, level: Level, reached: Reached): WriteReceipt {
    return {
      key,
      version: reached.version,
      opId,
      outcome: reached.isReached ? 'acknowledged' : 'pending',
      level,
      heldBy: reached.heldBy,
      replicas: this.#replicas(key),
      durability: this.#store.durability,
    }
  }
}
