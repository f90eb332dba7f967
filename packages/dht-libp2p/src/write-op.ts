import {
  quorumOf,
  replicasFor,
  type ApplyOptions,
  type Cancel,
  type Level,
  type StampedRecord,
} from '@bzzz/base'
import { Tally } from './tally.js'
import type { WriteResult } from './wire/reply.js'

/** A write that is to be brought to its replicas. */
export interface WriteStart {
  readonly record: StampedRecord
  readonly level: Level
  readonly timeoutMs: number
  /** Default `always`. */
  readonly restamps?: ApplyOptions['restamps']
  /** Ends the wait of a caller whose stamp is only replaced `while-waited`. */
  readonly signal?: AbortSignal | undefined
  /** Replicas that confirmed the condition of a conditional write; undefined for a plain one. */
  readonly confirmedBy: ReadonlySet<string> | undefined
  /** When the record may leave this node; undefined: now. */
  readonly sendable: Promise<void> | undefined
  readonly committed: Promise<void>
}

/**
 * How a write ended for its caller. `conflict`: a conditional write whose stamp no quorum holds,
 * held or will hold, because another write came first.
 */
export type WriteEnd = 'acknowledged' | 'pending' | 'conflict'

/** One write on its way to its replicas; it lives on after its caller was answered. */
export interface WriteOp {
  record: StampedRecord
  readonly level: Level
  /**
   * True while a refused stamp is replaced by a newer one: for this node's own writes that asked
   * for a quorum without a condition.
   */
  mayRestamp: boolean
  /** It may only be restamped while its caller waits. */
  readonly restampsWhileWaited: boolean
  /** It may only be counted under the condition that was checked: under one stamp, in one view. */
  readonly isConditional: boolean
  readonly confirmedBy: ReadonlySet<string>
  /** This node's own copy is durable. */
  isCommitted: boolean
  /** The stamp may leave this node. */
  isSendable: boolean
  replicas: readonly string[]
  tally: Tally
  /** Peers that hold the record or something newer; what is left to do for the others. */
  readonly done: Set<string>
  /**
   * Counted replicas that keep the record, or something newer, at least as safely as this node's store
   * keeps its own.
   */
  readonly secured: Set<string>
  /** Peers that hold exactly this record. */
  readonly heldBy: Set<string>
  /** All of {@link heldBy} hold it on disk. */
  isDurable: boolean
  /** Peers that answered this round under another view, once. */
  readonly differed: Set<string>
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

export const newWriteOp = (
  start: Pick<WriteStart, 'record' | 'level' | 'restamps' | 'confirmedBy' | 'sendable'>,
  self: string,
): WriteOp => {
  const { record, level, restamps, confirmedBy, sendable } = start
  const isConditional = confirmedBy !== undefined
  return {
    record,
    level,
    // A stamp of another writer stays as it is: this node cannot tell what came after it.
    mayRestamp:
      level !== 'local' && restamps !== 'never' && !isConditional && record.version.writer === self,
    restampsWhileWaited: restamps === 'while-waited',
    isConditional,
    confirmedBy: confirmedBy ?? new Set(),
    isCommitted: false,
    isSendable: sendable === undefined,
    replicas: [],
    tally: new Tally(0, 0),
    done: new Set(),
    secured: new Set(),
    heldBy: new Set(),
    isDurable: true,
    differed: new Set(),
    round: 0,
    restamps: 0,
    isRestamping: false,
    followers: [],
    isFollowing: false,
    settle: undefined,
    cancelDeadline: undefined,
  }
}

export const noteHeld = (op: WriteOp, peer: string, isDurable: boolean): void => {
  op.heldBy.add(peer)
  op.isDurable &&= isDurable
}

/** Takes a counted replica's answer into account. */
export const countAnswer = (op: WriteOp, peer: string, result: WriteResult): void => {
  // A replica that took another write between the condition and this one does not count.
  const isNext = 'isNext' in result && result.isNext && op.confirmedBy.has(peer)
  const isNever = result.outcome === 'newer' && result.held === 'never'
  if (op.isConditional && !isNext && !isNever) return
  // What only wants to spread is through where something newer is held.
  if (result.outcome === 'newer' && !op.mayRestamp && !op.isConditional) op.tally.holds(peer)
  else op.tally.note(peer, result)
}

/** Forgets all answers: they were given to another stamp, or under another view. */
export const beginRound = (op: WriteOp, replicas: readonly string[]): void => {
  op.round++
  op.replicas = replicas
  op.tally = new Tally(replicas.length, replicasFor(op.level, replicas.length))
  for (const set of [op.done, op.secured, op.heldBy, op.differed]) set.clear()
  op.isDurable = true
}

/**
 * True when nothing is left to send: every replica holds the record, or something newer. Or a quorum
 * keeps it and the others are away: a replica that returns compares with those that were there.
 */
export const isThrough = (op: WriteOp, isAway: (peer: string) => boolean): boolean => {
  if (op.replicas.every((peer) => op.done.has(peer))) return true
  if (op.settle !== undefined || op.secured.size < quorumOf(op.replicas.length)) return false
  // The refusal of one more replica may be what it takes to stamp the write anew.
  if (op.mayRestamp && op.tally.state.kind !== 'reached') return false
  return op.replicas.every((peer) => op.done.has(peer) || isAway(peer))
}
