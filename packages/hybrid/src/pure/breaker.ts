import type { Tuning } from '../tuning.js'

export interface BreakerState {
  readonly errorsInARow: number
  /** Why it opened, in words for an operator; undefined while closed. */
  readonly openedBy: string | undefined
}

export type BreakerEvent =
  /** A single attempt was answered. Need only be told while {@link BreakerState.errorsInARow} > 0. */
  | { readonly kind: 'success' }
  /** A single attempt found real unavailable. */
  | { readonly kind: 'unavailable' }
  /** A window ended: its calls, and how many of them found real unavailable or were slow. */
  | {
      readonly kind: 'window'
      readonly calls: number
      readonly errors: number
      readonly slow: number
    }
  /** Real serves again. */
  | { readonly kind: 'reset' }

export type BreakerPolicy = Pick<
  Tuning,
  'errorsMax' | 'errorRateMax' | 'slowRateMax' | 'windowCallsMin'
>

export const CLOSED: BreakerState = { errorsInARow: 0, openedBy: undefined }

const percent = (part: number, whole: number): string =>
  `${String(Math.round((100 * part) / whole))} % of ${String(whole)} calls`

const windowVerdict = (
  { calls, errors, slow }: { calls: number; errors: number; slow: number },
  policy: BreakerPolicy,
): string | undefined => {
  if (calls < Math.max(1, policy.windowCallsMin)) return undefined
  if (errors >= policy.errorRateMax * calls)
    return `${percent(errors, calls)} in a window found real unavailable`
  if (slow >= policy.slowRateMax * calls) return `${percent(slow, calls)} in a window were slow`
  return undefined
}

const failedCall = (state: BreakerState, policy: BreakerPolicy): BreakerState => {
  const errorsInARow = state.errorsInARow + 1
  const isOpen = errorsInARow >= policy.errorsMax
  const openedBy = `${String(errorsInARow)} calls in a row found real unavailable`
  return { errorsInARow, openedBy: isOpen ? openedBy : undefined }
}

/**
 * The circuit breaker around the single attempt. It opens at `errorsMax` unavailable calls in a row,
 * or when the share of unavailable or slow calls in a window reaches its bound. Once open only
 * `reset` changes it: a late answer to an old call is no recovery.
 */
export const stepBreaker = (
  state: BreakerState,
  event: BreakerEvent,
  policy: BreakerPolicy,
): BreakerState => {
  if (event.kind === 'reset') return CLOSED
  if (state.openedBy !== undefined) return state
  if (event.kind === 'success') return CLOSED
  if (event.kind === 'unavailable') return failedCall(state, policy)
  const openedBy = windowVerdict(event, policy)
  return openedBy === undefined ? state : { ...state, openedBy }
}
