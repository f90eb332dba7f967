import type {
  AbortOptions,
  Acknowledgement,
  ApplyOptions,
  Level,
  PeerState,
  StampedRecord,
  Startable,
  Unsubscribe,
  Version,
} from '@bzzz/base'

export interface ReadOptions extends AbortOptions {
  /**
   * - `quorum` (default): sees every write that a quorum acknowledged before the read began.
   * - `local`: this node's own copy, at once. A key that this node does not hold, and is no replica
   *   of, is asked of its replicas.
   * - `all` or a number: that many replicas must answer.
   */
  readonly level?: Level | undefined
  /** Longest wait for replicas, milliseconds. Default 2,000. */
  readonly timeoutMs?: number | undefined
  /**
   * Where the replicas cannot answer and this node has nothing either, take that for the answer,
   * rather than `DHT_UNAVAILABLE`. Counts for a hybrid that serves from its store. Default false.
   */
  readonly allowStale?: boolean | undefined
}

export interface WriteOptions extends AbortOptions {
  /** Replicas that must hold the write before the answer. Default `quorum`. */
  readonly level?: Level | undefined
  /** Longest wait for that level, milliseconds; then the receipt says `pending`. Default 2,000. */
  readonly timeoutMs?: number | undefined
  /** Wall milliseconds after which the record reads as absent. Default: never. */
  readonly expiresAtMs?: number | undefined
  /**
   * Names the operation, 1 to 256 bytes; reuse it on a retry, and it takes effect once: the retry
   * changes nothing, over this node's later writes or another's. Default: a fresh one.
   */
  readonly opId?: string | undefined
  /**
   * Compare-and-set: write only where the record is at this version, else `DHT_CONFLICT`. `null`
   * stands for absent, deleted or expired. Decided at the level asked for: at `local` by this
   * node alone, above it by a quorum at least. Too few replicas to decide: `DHT_UNAVAILABLE`,
   * and nothing is written.
   */
  readonly expectedVersion?: Version | null | undefined
}

/** What became of a write. */
export type WriteReceipt = Acknowledgement

/** A record as readers see it. */
export interface DHTRecord {
  readonly key: string
  /** The store's own bytes: do not change them. */
  readonly value: Uint8Array
  readonly version: Version
  readonly expiresAtMs?: number | undefined
}

/** A record of this node changed: by a write here, or by one that arrived. */
export interface DHTChange {
  readonly key: string
  readonly version: Version
  readonly deleted: boolean
}

/** One replica of a key. */
export interface ReplicaInfo {
  readonly peerId: string
  readonly isSelf: boolean
  readonly state: PeerState
}

/**
 * Versioned records under string keys, replicated over peers.
 *
 * Keys: 1 to 1,024 bytes of UTF-8. Values: 0 to 1 MiB, copied once by the write, before the call
 * returns its promise: the caller may use its buffer again at once. A value that is read belongs
 * to the store and must not be changed. Every method that returns a promise rejects with
 * `NOT_STARTED` outside `start` … `stop`, and with `ABORTED` and no effect when its signal has
 * fired before.
 */
export interface DHT extends Startable {
  /** Id of this node. */
  readonly peerId: string
  /** `dht/1`. */
  readonly contract: string
  put(key: string, value: Uint8Array, options?: WriteOptions): Promise<WriteReceipt>
  /** The newest record, or undefined when it is absent, deleted or expired. Rejects with `DHT_UNAVAILABLE` rather than guess. */
  get(key: string, options?: ReadOptions): Promise<DHTRecord | undefined>
  /** Leaves a tombstone, which is kept. Deleting what is absent succeeds. */
  delete(key: string, options?: WriteOptions): Promise<WriteReceipt>
  /**
   * Replicates a record that is stamped already, by this node's store or, with an attestation, by
   * another's. Idempotent by version; an older one than is held changes nothing. Rejects with
   * `DHT_RECORD_INVALID`, or `CLOCK_SKEW` for a stamp from the future.
   */
  apply(record: StampedRecord, options?: ApplyOptions): Promise<WriteReceipt>
  /** The replicas of a key, closest first. */
  closestPeers(key: string, options?: AbortOptions): Promise<readonly ReplicaInfo[]>
  /**
   * Every change of this node's records, in the order in which they took effect here, once each.
   * May be called before `start`. What a listener throws reaches neither writers nor other
   * listeners.
   */
  onChange(listener: (change: DHTChange) => void): Unsubscribe
}
