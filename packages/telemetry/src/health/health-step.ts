import type { HealthState } from './health-status.js'

/** What one check found. */
export interface CheckOutcome {
  /** What the probe answered; `failed` when it threw or its deadline passed. */
  readonly answer: HealthState
  readonly latencyMs: number
  /** Wall milliseconds of the end of the check. */
  readonly atMs: number
}

export interface HealthPolicy {
  /** Failures in a row that make `failed` of `degraded`. */
  readonly failuresMax: number
  /** A check that takes longer is `degraded` at best. */
  readonly slowMs: number
}

/** What is remembered of a component's checks. */
export interface HealthRecord {
  readonly status: HealthState
  readonly lastCheckMs: number
  readonly errorCount: number
  readonly failuresInARow: number
  readonly latencyMs: number
  /** False until a check did not fail: what never served gets no benefit of the doubt. */
  readonly hasServed: boolean
}

export const UNCHECKED: HealthRecord = {
  status: 'degraded',
  lastCheckMs: 0,
  errorCount: 0,
  failuresInARow: 0,
  latencyMs: 0,
  hasServed: false,
}

const decide = (
  record: HealthRecord,
  { answer, latencyMs }: CheckOutcome,
  policy: HealthPolicy,
): HealthState => {
  if (answer !== 'failed') return latencyMs > policy.slowMs ? 'degraded' : answer
  const isLasting = record.failuresInARow + 1 >= policy.failuresMax
  return isLasting || !record.hasServed ? 'failed' : 'degraded'
}

/** The record after one more check. Pure: all that decides is an argument. */
export const stepHealth = (
  record: HealthRecord,
  outcome: CheckOutcome,
  policy: HealthPolicy,
): HealthRecord => {
  const isFailure = outcome.answer === 'failed'
  return {
    status: decide(record, outcome, policy),
    lastCheckMs: outcome.atMs,
    errorCount: record.errorCount + (isFailure ? 1 : 0),
    failuresInARow: isFailure ? record.failuresInARow + 1 : 0,
    latencyMs: outcome.latencyMs,
    hasServed: record.hasServed || !isFailure,
  }
}
