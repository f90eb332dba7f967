export { flagsError } from './errors.js'
export { judgeAnswers, type FlagAnswers, type FlagEvaluation } from './flag-evaluation.js'
export {
  FlagFollower,
  followFlags,
  type FlagClient,
  type FollowFlagsOptions,
} from './flag-follower.js'
export { modeKey, parseKey, percentKey } from './flag-keys.js'
export {
  FLAG_LAYERS,
  resolveLayers,
  type ConfiguredLayers,
  type FlagLayer,
  type Layers,
  type PartialSetting,
  type ResolvedFlag,
  type ResolvedSetting,
} from './flag-layers.js'
export {
  FlagSources,
  type ClearOptions,
  type FlagCause,
  type FlagsChanged,
  type FlagSourcesOptions,
} from './flag-sources.js'
export { HybridFlagProvider, type HybridFlagProviderOptions } from './hybrid-flag-provider.js'
export type { Override } from './override.js'
export { parseSnapshot, type FlagSnapshot } from './snapshot.js'
