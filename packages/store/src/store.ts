import type {
  Durability,
  StampedRecord,
  Startable,
  Unsubscribe,
  Version,
  WriteIntent,
} from '@bzzz/base'

export interface AppendOptions {
  /** Names the operation. A known one returns its first record, without a second sync. */
  readonly opId: string
  /** Compare-and-set against this store: `null` for absent. Else `STORE_CONFLICT`. */
  readonly expectedVersion?: Version | null | undefined
  /**
   * Stamp above this version and append again, keeping the operation id: a replica had a newer
   * record. May throw `CLOCK_SKEW`. Answers `isDuplicate` where the operation is above already, and
   * where this node has since written the key anew: that later write stands for both, and the record
   * returned is then below {@link above}.
   */
  readonly above?: Version | undefined
}

/** A write that the store has stamped. */
export interface Append {
  readonly record: StampedRecord
  /** True when the operation id was known: nothing new is written. */
  readonly isDuplicate: boolean
  /**
   * Resolves when the record may be sent to peers: at once while its stamp is under the persisted
   * ceiling, else with {@link committed}.
   */
  readonly sendable: Promise<void> | undefined
  /** Resolves when the record is durable and in the view. Rejects with `STORE_FAILED`. */
  readonly committed: Promise<void>
}

/** - `stored`: it is the newest now. - `known`: the same version was there. - `older`: a newer one is there. */
export type ApplyOutcome = 'stored' | 'known' | 'older'

export interface Applied {
  readonly outcome: ApplyOutcome
  /** The newest version of the key, this one or the one that won. */
  readonly newest: Version
}

/** Key, version and state of a record, without its value. */
export interface RecordHead {
  readonly key: string
  readonly version: Version
  readonly deleted: boolean
  readonly expiresAtMs?: number | undefined
}

/** Digest of a set of records: equal digests mean equal keys and versions. */
export interface RangeDigest {
  readonly count: number
  /** 16 bytes, independent of order. */
  readonly hash: Uint8Array
}

/**
 * The one store of a node: a log and its view (key to newest record), changed together in one
 * synced batch. It alone makes versions and it alone syncs. Nothing is visible before it is
 * durable. Methods throw `NOT_STARTED` outside `start` … `stop`.
 */
export interface Store extends Startable {
  /** Identity of this data directory, random, made at its creation. */
  readonly storeId: string
  /** Peer id that stamps this store's writes. */
  readonly writer: string
  /** Grows by one with every start; receivers refuse a lower one. */
  readonly epoch: number
  readonly durability: Durability
  /** True when the store held no record when it started. */
  readonly startedEmpty: boolean
  /** Records in the view, tombstones included. */
  readonly size: number
  /** Records committed since the start; with the epoch it orders what happened by this log. */
  readonly sequence: number

  /**
   * Stamps a write, copies its value and queues it for the next batch. Throws at once what can be
   * told at once: `STORE_RECORD_INVALID`, `STORE_CONFLICT`, `STORE_OPERATION_REUSED`, `STORE_BUSY`,
   * `STORE_FULL`, `STORE_FAILED`, `CLOCK_SKEW`, `CLOCK_EXHAUSTED`.
   */
  append(intent: WriteIntent, options: AppendOptions): Append
  /**
   * Stores records stamped elsewhere; older and known ones leave no trace. Resolves when everything
   * that the answer tells of is durable. One record that is malformed or too far ahead of the clock
   * rejects the call, and none is stored. The store keeps the bytes: do not change them afterwards.
   */
  apply(records: readonly StampedRecord[]): Promise<Applied[]>

  /** The newest record, tombstone or not, expired or not; at once when its value is in memory. Rejects with `STORE_DAMAGED`. */
  read(key: string): StampedRecord | undefined | Promise<StampedRecord | undefined>
  /** The newest record's head, always at once. */
  head(key: string): RecordHead | undefined
  /** The version of {@link head}; allocates nothing. */
  versionOf(key: string): Version | undefined

  /** Marks keys as not yet on their replicas; cleared for exactly the version given. */
  isDirty(key: string): boolean
  dirtyKeys(): Iterable<string>
  /** Clears the dirty mark of each key that is still at the version given. Not synced by itself. */
  markClean(heads: readonly { readonly key: string; readonly version: Version }[]): void
  readonly dirtyBytes: number

  /** The bucket of a key: the first 12 bits of its SHA-256, 0 to 4,095. */
  bucketOf(key: string): number
  digest(bucket: number): RangeDigest
  heads(bucket: number): Iterable<RecordHead>

  /**
   * Every change of the view, after it is durable, in log order. `replaced` is the version that the
   * key was at until then, undefined for a key that had none: of several records of a key in one
   * batch, each names the one before it. What the log held at the start is not told.
   */
  onCommit(listener: (record: StampedRecord, replaced: Version | undefined) => void): Unsubscribe
  /** The store failed (a sync failed, the disk is full) or recovered. */
  readonly state: 'ready' | 'read-only' | 'failed'
}
