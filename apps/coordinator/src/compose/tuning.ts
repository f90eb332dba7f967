import { DEFAULT_TUNING, type Tuning } from '@bzzz/hybrid'
import type { BackendConfig } from './means.js'

/** The settings of the fallback as figures of a hybrid. */
export const tuningOf = (config: BackendConfig): Partial<Tuning> => ({
  errorsMax: config.fallbackThresholdErrors,
  backoffMinMs: config.fallbackBackoffMs,
  backoffMaxMs: Math.max(DEFAULT_TUNING.backoffMaxMs, config.fallbackBackoffMs),
  dwellMinMs: config.fallbackDwellMs,
  dwellMaxMs: Math.max(DEFAULT_TUNING.dwellMaxMs, config.fallbackDwellMs),
  deadlineMinMs: config.fallbackDeadlineMinMs,
  deadlineMaxMs: config.fallbackDeadlineMaxMs,
  drainPerS: config.drainPerS,
  dirtyBytesMax: config.dirtyBytesMax,
  probeEveryMs: config.healthCheckIntervalMs,
})
