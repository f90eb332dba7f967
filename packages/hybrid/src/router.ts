import type { Level, Mode } from '@bzzz/base'
import type { Phase } from './events.js'

/** What routing depends on, beside the call. */
export interface RouteState {
  readonly mode: Mode
  readonly percent: number
  readonly phase: Phase
  /** A real side is started. */
  readonly hasReal: boolean
}

export interface RouteQuestion {
  /** The level that the caller named. */
  readonly level: Level | undefined
  /** The key belongs to the share that real answers; asked only where the share is a part. */
  isInCohort(): boolean
  /** The replicas of this key can be expected to answer. */
  canReach(): boolean
}

/**
 * - `store`: the store answers; a key that it does not hold is asked of real, except in mode `mock`.
 * - `real-or-store`: real answers, and the store where it cannot.
 * - `real`: real answers, or nobody.
 */
export type Route = 'store' | 'real-or-store' | 'real'

export interface Routed {
  readonly route: Route
  /** In words for an operator. */
  readonly reason: string
}

const MOCK: Routed = { route: 'store', reason: 'the mode is mock' }
const SHADOW: Routed = { route: 'store', reason: 'the mode is shadow' }
const LOCAL: Routed = { route: 'store', reason: 'the caller asked for the level local' }
const LEVEL: Routed = { route: 'real', reason: 'the caller named a level of several replicas' }
const REAL: Routed = { route: 'real', reason: 'the mode is real' }
export const SERVES: Routed = { route: 'real-or-store', reason: 'real serves' }
const OUTSIDE: Routed = { route: 'store', reason: 'the key is outside of the share of real' }
const SHORT: Routed = { route: 'store', reason: 'too few replicas of this key answer' }
const AWAY: Readonly<Record<Exclude<Phase, 'real'>, Routed>> = {
  local: { route: 'store', reason: 'real is unavailable' },
  probing: { route: 'store', reason: 'real is being probed' },
  'catching-up': { route: 'store', reason: 'real is being sent what it lacks' },
  verifying: { route: 'store', reason: 'real is being compared with the store' },
}

/** True where the key belongs to the share; no key is hashed at 0 and at 100 %. */
const isShared = (percent: number, question: RouteQuestion): boolean =>
  percent >= 100 || (percent > 0 && question.isInCohort())

/** True where {@link routeOf} comes to {@link SERVES} for every call that names no level and can be reached. */
export const servesAll = ({ mode, percent, phase }: RouteState): boolean =>
  mode === 'hybrid' && percent >= 100 && phase === 'real'

/** True where {@link routeOf} comes to the store for every call that names no level. */
export const servesNone = ({ mode, percent }: RouteState): boolean =>
  mode === 'hybrid' && percent <= 0

/** Which side answers a call that names no condition. Pure. */
export const routeOf = (state: RouteState, question: RouteQuestion): Routed => {
  const { mode, percent, phase } = state
  if (mode === 'mock') return MOCK
  if (question.level === 'local') return LOCAL
  if (question.level !== undefined) return LEVEL
  if (mode === 'real') return REAL
  if (mode === 'shadow') return SHADOW
  if (!isShared(percent, question)) return OUTSIDE
  if (phase !== 'real') return AWAY[phase]
  return question.canReach() ? SERVES : SHORT
}

/**
 * Who decides a conditional write: this node's store, or the replicas. A condition is never decided
 * by less than was asked for, nor by one node because the others are away. Pure.
 */
export const decidesHere = (mode: Mode, level: Level | undefined): boolean =>
  mode === 'mock' || level === 'local' || (mode === 'shadow' && level === undefined)
