import {
  regressionOf,
  type RolloutBounds,
  type RolloutSample,
  type RolloutTally,
} from './rollout-bounds.js'

export interface RolloutPolicy extends RolloutBounds {
  /** Percentages to go through, rising. */
  readonly steps: readonly number[]
  /** Shortest stay at a step, milliseconds. */
  readonly holdMs: number
  /** Calls of real at a step without which nothing is decided. */
  readonly callsMin: number
  /** Where a regression leads: the step before, or 0 %. */
  readonly onRegression: 'step-back' | 'to-zero'
  /** Regressions until it halts where the last one led. */
  readonly regressionsMax: number
}

export const DEFAULT_ROLLOUT: RolloutPolicy = {
  steps: [1, 5, 25, 50, 100],
  holdMs: 60_000,
  callsMin: 200,
  errorRateMaxAbove: 0.01,
  p95FactorMax: 2,
  p95SlackMs: 20,
  fallbacksMax: 0,
  onRegression: 'step-back',
  regressionsMax: 3,
}

const NOTHING: RolloutTally = { calls: 0, errors: 0, storeCalls: 0, storeErrors: 0, fallbacks: 0 }

export interface RolloutState {
  readonly phase: 'idle' | 'running' | 'halted' | 'completed'
  /** Index of the present step; -1 is 0 %. */
  readonly at: number
  readonly sinceMs: number
  readonly tally: RolloutTally
  /** Real's p95 at the end of the first step that was held, milliseconds. */
  readonly baselineP95Ms: number | undefined
  readonly regressions: number
}

export const IDLE_ROLLOUT: RolloutState = {
  phase: 'idle',
  at: -1,
  sinceMs: 0,
  tally: NOTHING,
  baselineP95Ms: undefined,
  regressions: 0,
}

export type RolloutEvent =
  | { readonly kind: 'start' }
  /** What was counted since the event before. */
  | { readonly kind: 'sample'; readonly sample: RolloutSample }
  /** An operator's word: it stays at the percentage where it is. */
  | { readonly kind: 'stop'; readonly reason: string }

export type RolloutEffect =
  | { readonly kind: 'set-percent'; readonly percent: number; readonly reason: string }
  | { readonly kind: 'halted'; readonly reason: string }
  | { readonly kind: 'completed'; readonly reason: string }

export interface RolloutStep {
  readonly state: RolloutState
  readonly effects: readonly RolloutEffect[]
}

const moveTo = (
  state: RolloutState,
  at: number,
  nowMs: number,
  policy: RolloutPolicy,
  reason: string,
): RolloutStep => {
  const percent = policy.steps[at] ?? 0
  return {
    state: { ...state, at, sinceMs: nowMs, tally: NOTHING },
    effects: [{ kind: 'set-percent', percent, reason }],
  }
}

const regress = (
  state: RolloutState,
  nowMs: number,
  policy: RolloutPolicy,
  reason: string,
): RolloutStep => {
  const at = policy.onRegression === 'to-zero' ? -1 : Math.max(-1, state.at - 1)
  const regressions = state.regressions + 1
  const moved = moveTo({ ...state, regressions }, at, nowMs, policy, reason)
  if (regressions < policy.regressionsMax) return moved
  const halted = `${String(regressions)} regressions, the last: ${reason}`
  return {
    state: { ...moved.state, phase: 'halted' },
    effects: [...moved.effects, { kind: 'halted', reason: halted }],
  }
}

const advance = (state: RolloutState, nowMs: number, policy: RolloutPolicy): RolloutStep => {
  const held = `held ${String(policy.steps[state.at] ?? 0)} % within bounds`
  if (state.at + 1 < policy.steps.length) return moveTo(state, state.at + 1, nowMs, policy, held)
  return {
    state: { ...state, phase: 'completed' },
    effects: [{ kind: 'completed', reason: held }],
  }
}

const sampled = (
  state: RolloutState,
  sample: RolloutSample,
  nowMs: number,
  policy: RolloutPolicy,
): RolloutStep => {
  const tally: RolloutTally = {
    calls: state.tally.calls + sample.calls,
    errors: state.tally.errors + sample.errors,
    storeCalls: state.tally.storeCalls + sample.storeCalls,
    storeErrors: state.tally.storeErrors + sample.storeErrors,
    fallbacks: state.tally.fallbacks + sample.fallbacks,
  }
  const next = { ...state, tally }
  const hasEnough = state.at < 0 || tally.calls >= policy.callsMin
  const reason = regressionOf(tally, sample, state.baselineP95Ms, hasEnough, policy)
  if (reason !== undefined && state.at >= 0) return regress(next, nowMs, policy, reason)
  if (!hasEnough || nowMs - state.sinceMs < policy.holdMs) return { state: next, effects: [] }
  const baselineP95Ms = state.baselineP95Ms ?? (state.at >= 0 ? sample.p95Ms : undefined)
  return advance({ ...next, baselineP95Ms }, nowMs, policy)
}

/**
 * A guarded rollout: it raises the percentage step by step, each held for a while, and steps back by
 * itself when real does worse than its bounds allow, saying why. After as many regressions as the
 * policy allows it halts.
 *
 * @param nowMs monotonic
 */
export const stepRollout = (
  state: RolloutState,
  event: RolloutEvent,
  nowMs: number,
  policy: RolloutPolicy,
): RolloutStep => {
  if (event.kind === 'start') {
    const started: RolloutState = { ...IDLE_ROLLOUT, phase: 'running' }
    return moveTo(started, 0, nowMs, policy, 'the rollout started')
  }
  if (state.phase !== 'running') return { state, effects: [] }
  if (event.kind === 'sample') return sampled(state, event.sample, nowMs, policy)
  return {
    state: { ...state, phase: 'halted' },
    effects: [{ kind: 'halted', reason: event.reason }],
  }
}
