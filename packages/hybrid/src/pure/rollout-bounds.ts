/** What counts as a regression. */
export interface RolloutBounds {
  /** Real's error rate may lie this far above the store's, 0 to 1. */
  readonly errorRateMaxAbove: number
  /**
   * Real's p95 may be this many times that of the first step that was held (before there is one: the
   * store's), and {@link p95SlackMs} more.
   */
  readonly p95FactorMax: number
  readonly p95SlackMs: number
  /** Fallbacks of the component that a step may see. */
  readonly fallbacksMax: number
}

/** Counts of calls and of those that the side could not answer. */
export interface RolloutTally {
  readonly calls: number
  readonly errors: number
  readonly storeCalls: number
  readonly storeErrors: number
  readonly fallbacks: number
}

export interface RolloutSample extends RolloutTally {
  /** Real's p95, milliseconds; undefined without a call. */
  readonly p95Ms: number | undefined
  readonly storeP95Ms: number | undefined
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Why the present step is not within its bounds; undefined while it is, or cannot be judged yet. */
export const regressionOf = (
  tally: RolloutTally,
  sample: RolloutSample,
  baselineP95Ms: number | undefined,
  hasEnough: boolean,
  bounds: RolloutBounds,
): string | undefined => {
  if (tally.fallbacks > bounds.fallbacksMax)
    return `real fell back ${String(tally.fallbacks)} times at this step`
  if (!hasEnough) return undefined
  const errorRate = share(tally.errors, tally.calls)
  const errorRateMax = share(tally.storeErrors, tally.storeCalls) + bounds.errorRateMaxAbove
  if (errorRate > errorRateMax)
    return `real's error rate is ${percent(errorRate)}, allowed are ${percent(errorRateMax)}`
  const p95MaxMs =
    (baselineP95Ms ?? sample.storeP95Ms ?? 0) * bounds.p95FactorMax + bounds.p95SlackMs
  if (sample.p95Ms !== undefined && sample.p95Ms > p95MaxMs)
    return `real's p95 is ${sample.p95Ms.toFixed(1)} ms, allowed are ${p95MaxMs.toFixed(1)} ms`
  return undefined
}
