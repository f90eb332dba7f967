import type { BzzzError, ModeSetting } from '@bzzz/base'
import { ErrorCode, type EvaluationDetails } from '@openfeature/core'
import { flagsError } from './errors.js'
import { modeKey, percentKey } from './flag-keys.js'
import { isMode, isPercent, quoted } from './flag-layers.js'

/** What a provider said of the two flags of a component. */
export interface FlagAnswers {
  readonly mode: EvaluationDetails<string>
  readonly percent: EvaluationDetails<number>
}

/** A setting that a provider states. */
export interface FlagEvaluation {
  readonly setting: ModeSetting
  /** The layer or the provider that each part comes from; `default` where no provider knows the flag. */
  readonly source: { readonly mode: string; readonly percent: string }
}

/** The provider may answer another time; what it gives is not wrong. */
const OUTAGES: ReadonlySet<string> = new Set([
  ErrorCode.PROVIDER_NOT_READY,
  ErrorCode.PROVIDER_FATAL,
  ErrorCode.GENERAL,
])

const problemOf = ({
  flagKey,
  errorCode,
  errorMessage,
}: EvaluationDetails<string | number>): BzzzError | undefined => {
  // A flag that the provider does not know: the default that was handed in stands in its place.
  if (errorCode === undefined || errorCode === ErrorCode.FLAG_NOT_FOUND) return undefined
  const told = errorMessage === undefined || errorMessage === '' ? '' : `: ${quoted(errorMessage)}`
  return flagsError(
    OUTAGES.has(errorCode) ? 'FLAGS_PROVIDER_UNAVAILABLE' : 'FLAGS_VALUE_REFUSED',
    `the flag ${flagKey} cannot be evaluated (${errorCode}${told})`,
  )
}

const sourceOf = (
  { errorCode, flagMetadata }: EvaluationDetails<string | number>,
  provider: string,
): string => {
  if (errorCode !== undefined) return 'default'
  return typeof flagMetadata.source === 'string' ? flagMetadata.source : provider
}

/**
 * One setting of both answers, or what is wrong: then no part of it counts.
 * @param provider name of the provider, for flags whose metadata name no source
 */
export const judgeAnswers = (
  component: string,
  { mode, percent }: FlagAnswers,
  provider: string,
): FlagEvaluation | BzzzError => {
  const problem = problemOf(mode) ?? problemOf(percent)
  if (problem !== undefined) return problem
  // Whatever its types say, a provider of someone else's may give anything.
  const [modeValue, percentValue]: readonly [unknown, unknown] = [mode.value, percent.value]
  if (!isMode(modeValue))
    return flagsError(
      'FLAGS_VALUE_REFUSED',
      `the flag ${modeKey(component)} is ${quoted(modeValue)}, which is no mode`,
    )
  if (!isPercent(percentValue))
    return flagsError(
      'FLAGS_VALUE_REFUSED',
      `the flag ${percentKey(component)} is ${quoted(percentValue)}; it must be from 0 to 100`,
    )
  return {
    setting: { mode: modeValue, percent: percentValue },
    source: { mode: sourceOf(mode, provider), percent: sourceOf(percent, provider) },
  }
}
