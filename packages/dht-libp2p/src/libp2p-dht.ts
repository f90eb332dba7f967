import {
  abortable,
  baseError,
  codeOf,
  compareVersions,
  DEFAULT_MAX_SKEW_MS,
  Emitter,
  isExpired,
  newOperationId,
  replicasFor,
  Service,
  throwIfAborted,
  type AbortOptions,
  type ApplyOptions,
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
import type { Append } from '@bzzz/store'
import { KV_PROTOCOL } from './client.js'
import type { CopyOptions } from './copying.js'
import { createParts, type Parts } from './parts.js'
import type { Reach } from './reach.js'
import { resolveOptions, type Libp2pDHTOptions, type Resolved } from './options.js'

/** The DHT over peers: signed records on the replicas of each key, read and written at quorums. */
export class Libp2pDHT extends Service implements DHT {
  readonly peerId: string
  readonly contract: string = DHT_CONTRACT
  readonly #options: Resolved
  readonly #parts: Parts
  readonly #events: Emitter<{ change: DHTChange }>
  #unsubscribe: Unsubscribe[] = []

  /** Throws `INVALID_ARGUMENT`. */
  constructor(options: Libp2pDHTOptions) {
    super('the DHT')
    this.#options = resolveOptions(options)
    this.peerId = this.#options.transport.peerId
    this.#events = new Emitter((error) => {
      this.#options.onListenerError(error)
    })
    this.#parts = createParts(this.#options)
  }

  protected override async onStart(): Promise<void> {
    const { transport, store } = this.#options
    const { membership, replica, states, reach } = this.#parts
    const { writes, upkeep, joining, superseded, locks } = this.#parts
    await membership.load(store.storeId)
    // What an earlier process of this node held, it was sent before now, and stamped within the skew.
    if (!store.startedEmpty || store.size > 0 || membership.view.members.size > 1)
      superseded.forgetUntil(this.#options.clock.nowMs() + DEFAULT_MAX_SKEW_MS)
    this.#unsubscribe = [
      store.onCommit(({ key, version, deleted, opId }, replaced) => {
        locks.committed(key, opId, replaced)
        // What a joining node holds never counted, so it need not be told of either.
        if (replaced !== undefined && membership.isCounted) superseded.note(key, replaced)
        this.#events.emit('change', { key, version, deleted })
      }),
      transport.handle(KV_PROTOCOL, (payload, from) => replica.handle(payload, from)),
    ]
    reach.start()
    states.start((peer, state) => {
      reach.changed()
      if (state === 'connected') this.#met(peer)
      else writes.peerLeft(peer)
    })
    upkeep.start()
    joining.wake()
    writes.pump()
  }

  /**
   * Afterwards nothing of this object runs: another one may be started over the same transport,
   * store and storage of the view, at once.
   */
  protected override async onStop(): Promise<void> {
    const { client, states, writes, reads, deadlines, upkeep, joining, reach } = this.#parts
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    states.stop()
    upkeep.stop()
    joining.stop()
    writes.stop()
    reads.stop()
    reach.stop()
    client.stop()
    deadlines.clear()
    this.#events.clear()
    // A record that is being stored must not be confirmed under a view that the next one outgrew.
    await this.#parts.replica.idle()
    await this.#parts.membership.idle()
  }

  /** Whether the peers can be expected to answer, from their heartbeats. */
  get reach(): Pick<Reach, 'hasQuorum' | 'canReach' | 'onChange'> {
    return this.#parts.reach
  }

  /** True while this node never met another, nor is meant to: its store holds all there is. */
  isAlone(): boolean {
    const { membership } = this.#parts
    return membership.view.members.size === 1 && membership.isCounted
  }

  /**
   * Compares the records of these keys with their replicas, both ways. True when a quorum of the
   * replicas of each holds what this node holds, or newer; those that lacked it are sent it, and what
   * is newer there is fetched. Rejects with `DHT_UNAVAILABLE` when too few answer, with `ABORTED`.
   */
  async confirm(keys: readonly string[], options: AbortOptions = {}): Promise<boolean> {
    this.assertStarted()
    throwIfAborted(options.signal)
    for (const key of keys) assertKey(key)
    return this.#parts.confirming.run(keys, options)
  }

  /**
   * Fetches every record of the mesh that this node lacks or has older, also of keys that it does not
   * replicate: afterwards it holds whatever a quorum had acknowledged before the call. Rejects with
   * `DHT_UNAVAILABLE`, naming how many ranges are missing, with `ABORTED`; what was fetched stays.
   */
  async copyAll(options: CopyOptions = {}): Promise<void> {
    this.assertStarted()
    throwIfAborted(options.signal)
    return this.#parts.copying.run(options)
  }

  /** Ids of all nodes that this one ever learnt of, itself included. */
  get members(): readonly string[] {
    return [...this.#parts.membership.view.members.keys()]
  }

  /** False while this node catches up after joining: its own answers do not count until then. */
  get isSettled(): boolean {
    return this.#parts.membership.isCounted
  }

  /** True when this node is one of the replicas of the key. */
  isReplica(key: string): boolean {
    const { self, membership, store } = this.#parts
    return membership.placement.isReplica(self, store.bucketOf(key))
  }

  async put(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<WriteReceipt> {
    this.#admit(key, options)
    assertValue(value)
    return this.#write({ key, value, expiresAtMs: options.expiresAtMs }, options)
  }

  async delete(key: string, options: WriteOptions = {}): Promise<WriteReceipt> {
    this.#admit(key, options)
    return this.#write({ key, deleted: true, expiresAtMs: options.expiresAtMs }, options)
  }

  async get(key: string, options: ReadOptions = {}): Promise<DHTRecord | undefined> {
    this.#admit(key, options)
    const { level = 'quorum' } = options
    if (level === 'local') {
      const found = this.#options.store.read(key)
      // The hot path: a value in memory is answered without a further turn of the event loop.
      if (found !== undefined) return this.#present(found instanceof Promise ? await found : found)
      if (this.isReplica(key)) return undefined
    }
    replicasFor(level, 1)
    const { timeoutMs = this.#options.timeoutMs, signal } = options
    const needOf = (replicas: number): number => replicasFor(level, replicas)
    return this.#present(await this.#parts.reads.run(key, needOf, { timeoutMs, signal }))
  }

  async apply(record: StampedRecord, options: ApplyOptions = {}): Promise<WriteReceipt> {
    this.#admit(record.key, options)
    assertRecord(record)
    const { store, attester, replica } = this.#parts
    let stamped = record
    if (record.version.writer !== this.peerId) {
      const [signed] = attester.sign([record])
      if (signed !== undefined) stamped = attester.verify(signed)
    }
    const head = store.head(record.key)
    const isHere = head !== undefined && compareVersions(head.version, record.version) >= 0
    const committed = isHere ? Promise.resolve() : this.#applied(replica.store([stamped]))
    return this.#replicate(
      { record: stamped, isDuplicate: false, sendable: undefined, committed },
      options,
    )
  }

  closestPeers(key: string, options: AbortOptions = {}): Promise<readonly ReplicaInfo[]> {
    return Promise.resolve().then(() => {
      this.#admit(key, options)
      const { self, membership, store, states } = this.#parts
      return membership.placement.of(store.bucketOf(key)).map((peerId) => ({
        peerId,
        isSelf: peerId === self,
        state: peerId === self ? 'connected' : states.of(peerId),
      }))
    })
  }

  onChange(listener: (change: DHTChange) => void): Unsubscribe {
    this.assertStarted()
    return this.#events.on('change', listener)
  }

  #admit(key: string, options: AbortOptions & { readonly timeoutMs?: number | undefined }): void {
    this.assertStarted()
    throwIfAborted(options.signal)
    assertTimeout(options.timeoutMs)
    assertKey(key)
  }

  #met(peer: string): void {
    const { writes, reads, upkeep, joining } = this.#parts
    writes.peerReturned(peer)
    reads.peerReturned(peer)
    void upkeep.meet(peer)
    joining.wake()
  }

  async #write(intent: WriteIntent, options: WriteOptions): Promise<WriteReceipt> {
    const { level = 'quorum', expectedVersion, timeoutMs = this.#options.timeoutMs } = options
    replicasFor(level, 1)
    const opId = options.opId ?? newOperationId(this.#options.random)
    if (expectedVersion === undefined || level === 'local') {
      const append = this.#append(intent, opId, expectedVersion)
      return this.#replicate(append, options)
    }
    // The store copies when it stamps, which is later here; the caller may change its bytes meanwhile.
    const owned = intent.value === undefined ? intent : { ...intent, value: intent.value.slice() }
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + timeoutMs
    const { append, keptMs, confirmedBy, release } = await this.#parts.conditional.begin({
      intent: owned,
      opId,
      expected: expectedVersion,
      level,
      timeoutMs,
      signal: options.signal,
    })
    try {
      return await this.#replicate(
        append,
        // One wait for both: who gives up by then has to learn first that the write is logged.
        { ...options, timeoutMs: Math.max(1, Math.min(untilMs - clock.monotonicMs(), keptMs)) },
        confirmedBy,
      )
    } finally {
      release()
    }
  }

  #append(
    intent: WriteIntent,
    opId: string,
    expectedVersion: WriteOptions['expectedVersion'],
  ): Append {
    const { store } = this.#parts
    try {
      return store.append(intent, { opId, expectedVersion })
    } catch (cause) {
      if (codeOf(cause) !== 'STORE_CONFLICT') throw refusalOf(cause)
      throw dhtError('DHT_CONFLICT', `${JSON.stringify(intent.key)} is at another version here`, {
        cause,
        details: { found: store.head(intent.key)?.version ?? null, expected: expectedVersion },
      })
    }
  }

  async #applied(stored: ReturnType<Parts['replica']['store']>): Promise<void> {
    const [result] = await stored
    if (result?.outcome === 'refused')
      throw baseError('CLOCK_SKEW', 'the record is stamped too far in the future')
    if (result?.outcome === 'failed')
      throw dhtError('DHT_UNAVAILABLE', 'the store of this node cannot take the record')
  }

  /** @param confirmedBy for a conditional write: the replicas that confirmed the condition */
  async #replicate(
    append: Append,
    options: WriteOptions & ApplyOptions,
    confirmedBy?: ReadonlySet<string>,
  ): Promise<WriteReceipt> {
    const { level = 'quorum', timeoutMs = this.#options.timeoutMs, signal } = options
    const { restamps } = options
    const { record, sendable, committed } = append
    const start = { record, level, timeoutMs, confirmedBy, sendable, committed, restamps, signal }
    const { end, op } = await abortable(this.#parts.writes.run(start), signal)
    if (end === 'conflict')
      throw dhtError('DHT_CONFLICT', `another write of ${JSON.stringify(record.key)} came first`, {
        details: { found: op.tally.above ?? null, expected: options.expectedVersion },
      })
    return {
      key: record.key,
      version: op.record.version,
      opId: record.opId,
      outcome: end,
      level,
      heldBy: [...op.heldBy],
      replicas: op.replicas.length,
      durability: op.isDurable && op.heldBy.size > 0 ? 'disk' : 'memory',
    }
  }

  #present(record: StampedRecord | undefined): DHTRecord | undefined {
    if (record === undefined || record.deleted) return undefined
    if (record.expiresAtMs !== undefined && isExpired(record, this.#options.clock.nowMs()))
      return undefined
    const { key, value, version, expiresAtMs } = record
    return { key, value, version, expiresAtMs }
  }
}

/** Longest wait that timers can be told, milliseconds. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** Throws `INVALID_ARGUMENT`. */
const assertTimeout = (timeoutMs: number | undefined): void => {
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs <= TIMEOUT_MS_MAX)) return
  throw baseError(
    'INVALID_ARGUMENT',
    `timeoutMs is ${timeoutMs}; it must be a number from 0 to ${TIMEOUT_MS_MAX}`,
  )
}
