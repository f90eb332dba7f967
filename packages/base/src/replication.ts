import type { AbortOptions } from './abort.js'
import type { Durability, Level } from './level.js'
import type { StampedRecord, Version } from './record.js'

/** What became of a write, whichever port it came through. */
export interface Acknowledgement {
  readonly key: string
  readonly version: Version
  readonly opId: string
  /**
   * - `acknowledged`: the level stated was reached.
   * - `pending`: the deadline passed first. This node keeps the write and goes on sending it.
   */
  readonly outcome: 'acknowledged' | 'pending'
  /** The level that was asked for; where none was, the level that was reached. */
  readonly level: Level
  /** Ids of the peers known to hold the write, this node included when it does. */
  readonly heldBy: readonly string[]
  /** Replicas that the key has now. */
  readonly replicas: number
  /** What `heldBy` means: synced to disk on each of them, or in memory on at least one. */
  readonly durability: Durability
}

export interface ApplyOptions extends AbortOptions {
  /** Replicas that must hold the record before the answer. */
  readonly level?: Level | undefined
  /** Longest wait for that level, milliseconds; then the answer says `pending`. */
  readonly timeoutMs?: number | undefined
  /**
   * What becomes of this node's own record when a replica refuses it for a newer one, at a level
   * above `local`. Default `always`.
   * - `always`: it is stamped above that one and sent again, however late.
   * - `while-waited`: only until the caller is answered or its signal fires. For a caller who is
   *   then told that the write counts as of now: a later stamp would put it after writes that
   *   came after it.
   * - `never`: the newer one stands for both, and counts as a replica that holds this one. For
   *   records that were acknowledged long before they are sent.
   */
  readonly restamps?: 'always' | 'while-waited' | 'never' | undefined
}

/** Takes records that are stamped already, idempotent by version. */
export interface Replicates {
  apply(record: StampedRecord, options?: ApplyOptions): Promise<Acknowledgement>
}
