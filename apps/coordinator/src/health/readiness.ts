import type { HealthStatus } from '@bzzz/telemetry'
import type { Backend } from '../backend.js'
import type { Doors } from '../doors.js'

/** Whether a node serves, and if not, why. */
export interface Readiness {
  readonly isReady: boolean
  readonly reason?: string | undefined
}

const STORE_REASONS = {
  'read-only': 'the store is read-only: the disk is full',
  failed: 'the store failed: start the coordinator again',
} as const

/** Ready: the doors are open, the store takes writes, and no component has failed. */
export const readinessOf = (
  doors: Doors,
  backend: Backend,
  rows: readonly HealthStatus[],
): Readiness => {
  if (doors.phase !== 'serving')
    return { isReady: false, reason: `the coordinator is ${doors.phase}` }
  const { state } = backend.store
  if (state !== 'ready') return { isReady: false, reason: STORE_REASONS[state] }
  const failed = rows.find((row) => row.status === 'failed')
  if (failed === undefined) return { isReady: true }
  return { isReady: false, reason: `${failed.component} does not serve; see \`bzzz status\`` }
}
