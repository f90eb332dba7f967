import type { Version } from '@bzzz/base'
import type { AnswerSource } from './explain.js'
import type { Asked, AskedEnds } from './real-calls.js'
import type { ReadRow } from './rows.js'

/** One read on its way. */
export interface Read extends Asked {
  readonly op: string
  readonly row: ReadRow
  readonly args: readonly unknown[]
  readonly signal: AbortSignal | undefined
  /** Set where the caller asked for an explanation. */
  readonly told: { source: AnswerSource; reason: string } | undefined
  /** Why real is asked. */
  reason: string
  /** Where real is unavailable, what this node knows may serve. */
  fallsBack: boolean
  timeoutMs: number
  isOrdinary: boolean
  /** What is asked of real is what a quorum of the replicas holds. */
  isAgreed: boolean
  /** Where it does not fall back: what this node held when real was asked. */
  ownBefore: Version | undefined
}

/** What becomes of a read that real was asked for. */
export type ReadEnds = AskedEnds<Read>

export const readOf = (
  op: string,
  row: ReadRow,
  args: readonly unknown[],
  key: string,
  signal: AbortSignal | undefined,
  told?: Read['told'],
): Read => ({
  op,
  row,
  args,
  key,
  signal,
  told,
  reason: '',
  fallsBack: true,
  timeoutMs: 0,
  isOrdinary: false,
  isAgreed: true,
  ownBefore: undefined,
})
