import { DEFAULT_TUNING, type LiveTuning, type Tuning } from '@bzzz/hybrid'
import type { BackendConfig } from './means.js'

/** The settings of the fallback that apply without a restart. */
export const liveTuningOf = (config: BackendConfig): LiveTuning => ({
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

/** The settings of the fallback as figures of a hybrid. */
export const tuningOf = (config: BackendConfig): Partial<Tuning> => ({
  ...liveTuningOf(config),
  strictTimeoutMs: config.dhtTimeoutMs,
})
