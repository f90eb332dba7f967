export type { HybridControls, HybridHealth, SetModeOptions } from './controls.js'
export { defineHybrid, type HybridClass } from './define-hybrid.js'
export { hybridError } from './errors.js'
export type {
  BackendSwitched,
  Backlog,
  DeadLetter,
  HybridEvents,
  LogPosition,
  ModeChanged,
  Phase,
  PhaseChanged,
  Side,
  SwitchEvent,
} from './events.js'
export type { AnswerSource, Explained, Explanation } from './explain.js'
export { registerHybrid, type RegisterHybridOptions } from './exposition.js'
export {
  startRollout,
  type Rollout,
  type RolloutControls,
  type RolloutOptions,
} from './guarded-rollout.js'
export type { Completeness, HybridOf, HybridOptions, Switchable } from './hybrid.js'
export type { HybridDetails, HybridMetrics, Quantiles, ShadowMismatch } from './metrics.js'
export {
  DEFAULT_ROLLOUT,
  type RolloutEffect,
  type RolloutPolicy,
  type RolloutState,
} from './pure/rollout.js'
export type { CopyProgress, Reach, RealSide } from './real-side.js'
export { DEFAULT_TUNING, type LiveTuning, type Tuning } from './tuning.js'
