import type { StampedRecord, Version } from '@bzzz/base'

/** Where a record stands in the log. */
export interface Location {
  readonly segment: number
  readonly offset: number
  readonly length: number
  readonly crc: number
}

/** What the index holds of one stamped record. */
export interface Entry {
  readonly key: string
  readonly version: Version
  readonly deleted: boolean
  readonly expiresAtMs: number | undefined
  readonly opId: string
  /** CRC-32 of the value: tells a retry from an operation id that is used twice. */
  readonly contentCrc: number
  /** Key and value, as the dirty bytes count them. */
  readonly sizeBytes: number
  /** The newest stamp that this node itself gave the key, this one or an earlier one. */
  ownVersion: Version | undefined
  /** No longer the newest of its key, and still remembered for retries. */
  superseded: boolean
  /** Not yet on its replicas. */
  dirty: boolean
  /** Undefined where records live in memory only. */
  location: Location | undefined
  /** The record while its value is in memory. */
  record: StampedRecord | undefined
  /** Read since the cache last passed by. */
  touched: boolean
}

// String lengths rather than UTF-8 lengths: the figure steers back-pressure, and encoding each key
// for it would cost more than it tells.
const sizeOf = (record: StampedRecord): number => record.key.length + record.value.length

export const entryOf = (record: StampedRecord, contentCrc: number, dirty: boolean): Entry => ({
  key: record.key,
  version: record.version,
  deleted: record.deleted,
  expiresAtMs: record.expiresAtMs,
  opId: record.opId,
  contentCrc,
  sizeBytes: sizeOf(record),
  ownVersion: undefined,
  superseded: false,
  dirty,
  location: undefined,
  record,
  touched: false,
})
