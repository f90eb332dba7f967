import { compareHlc, type Hlc } from './hlc.js'

/** Names one write: when, and by whom. Made once, by the store of the node that took the write. */
export interface Version extends Hlc {
  /** Peer id of the node that stamped it. */
  readonly writer: string
}

/** A value with its version, as the store keeps it and peers exchange it. */
export interface StampedRecord {
  readonly key: string
  /** Empty for a tombstone. Owned by the store: whoever reads it must not change it. */
  readonly value: Uint8Array
  /** True for a tombstone. */
  readonly deleted: boolean
  readonly version: Version
  /** Wall milliseconds after which the record reads as absent. */
  readonly expiresAtMs?: number | undefined
  /** Identifies the operation over all its retries; made by the client. */
  readonly opId: string
  /** Proof that `version.writer` wrote this; absent on the writer's own node. */
  readonly attestation?: Uint8Array | undefined
}

/** Total order of versions: the clock, then the writer. Greater is newer. */
export const compareVersions = (a: Version, b: Version): number => {
  const byClock = compareHlc(a, b)
  if (byClock !== 0) return byClock
  return a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : 0
}

export const isExpired = (record: StampedRecord, nowMs: number): boolean =>
  record.expiresAtMs !== undefined && record.expiresAtMs <= nowMs
