import type { Cancel, Level, StampedRecord } from '@bzzz/base'
import type { Tally } from './tally.js'

/** How a write ended for its caller. */
export type WriteEnd = 'acknowledged' | 'pending'

/** One write on its way to its replicas; it lives on after its caller was answered. */
export interface WriteOp {
  record: StampedRecord
  readonly level: Level
  /** True while a refused stamp is replaced by a newer one: for writes that asked for a quorum. */
  readonly mayRestamp: boolean
  /** This node's own copy is durable. */
  isCommitted: boolean
  replicas: readonly string[]
  tally: Tally
  /** Peers that hold the record or something newer; what is left to do for the others. */
  readonly done: Set<string>
  /** Peers that hold exactly this record. */
  readonly heldBy: Set<string>
  /** Raised by a change of view or a new stamp; answers to an earlier round are ignored. */
  round: number
  restamps: number
  isRestamping: boolean
  /** Earlier writes of this node that this one stands for: acknowledged when it is. */
  readonly followers: WriteOp[]
  /** A later write of this node stands for this one. */
  isFollowing: boolean
  /** Told once; undefined after that, and for writes that nobody waits for. */
  settle: ((end: WriteEnd) => void) | undefined
  cancelDeadline: Cancel | undefined
}
