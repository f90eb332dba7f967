import type { HealthState } from '@bzzz/telemetry'
import type { HybridHealth } from './controls.js'
import type { Switchable } from './hybrid.js'
import type { ProbeOutcome } from './recovery-driver.js'
import type { HybridState } from './state.js'

export interface HealthFacts {
  /** Why real does not serve. */
  readonly reason: string
  readonly lastProbe: ProbeOutcome | undefined
  readonly probeFailures: number
  readonly now: () => number
}

const STORE_STATES = { ready: 'healthy', 'read-only': 'degraded', failed: 'failed' } as const

const STORE_REASONS = {
  'read-only': 'the disk is full: the store is read-only',
  failed: 'the store failed; restart to recover what was acknowledged',
} as const

interface Judged {
  readonly status: HealthState
  readonly reason: string | undefined
}

const judge = <I extends Switchable>(state: HybridState<I>, why: string): Judged => {
  const { store, mode, phase } = state
  if (store.state !== 'ready')
    return { status: STORE_STATES[store.state], reason: STORE_REASONS[store.state] }
  if (mode === 'mock')
    return state.isComplete
      ? { status: 'healthy', reason: undefined }
      : { status: 'degraded', reason: 'rolled back before the copy was complete' }
  if (phase === 'real') return { status: 'healthy', reason: undefined }
  return { status: mode === 'real' ? 'failed' : 'degraded', reason: why }
}

/** The health of a hybrid. While the store serves for real it is never `healthy`. */
export const healthOf = <I extends Switchable>(
  component: string,
  state: HybridState<I>,
  { reason, lastProbe, probeFailures, now }: HealthFacts,
): HybridHealth => {
  const judged = judge(state, reason)
  const checkedMs = state.mode === 'mock' ? now() : (lastProbe?.atMs ?? 0)
  return {
    component,
    backend: state.mode === 'mock' || state.mode === 'real' ? state.mode : 'hybrid',
    status: judged.status,
    last_check: new Date(checkedMs).toISOString(),
    error_count: probeFailures,
    latency_ms: lastProbe?.tookMs ?? 0,
    serving: state.serving,
    phase: state.phase,
    mode: state.setting,
    reason: judged.reason,
  }
}
