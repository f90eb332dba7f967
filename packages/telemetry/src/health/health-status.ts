/** The implementation that is configured for a component. */
export type HealthBackend = 'mock' | 'real' | 'hybrid'

/**
 * - `healthy`: it does what it is configured to do.
 * - `degraded`: it serves, but slowly, from its fallback, or after a failure or two.
 * - `failed`: it does not serve.
 */
export type HealthState = 'healthy' | 'degraded' | 'failed'

/** One component, as coordinators report it. The names are those of the HTTP interface. */
export interface HealthStatus {
  readonly component: string
  readonly backend: HealthBackend
  readonly status: HealthState
  /** ISO 8601, UTC. 1970 before the first check. */
  readonly last_check: string
  /** Failed checks since the start. */
  readonly error_count: number
  /** Duration of the last check, milliseconds. */
  readonly latency_ms: number
}

const SEVERITY: Readonly<Record<HealthState, number>> = { healthy: 0, degraded: 1, failed: 2 }

/** The worst of them; `healthy` when there is none. */
export const worstOf = (states: Iterable<HealthState>): HealthState => {
  let worst: HealthState = 'healthy'
  for (const state of states) if (SEVERITY[state] > SEVERITY[worst]) worst = state
  return worst
}
