import type { Labels } from '../metrics/family.js'

/**
 * - `critical`: acknowledged writes are in danger, or calls fail. Somebody gets up.
 * - `warning`: it goes on, but not as configured. Somebody looks today.
 * - `info`: somebody did this on purpose, and should remember it.
 */
export type AlertSeverity = 'critical' | 'warning' | 'info'

export type Comparator = '>' | '>=' | '<' | '<=' | '=='

/** What is taken from the samples of a metric, one number for each set of labels. */
export interface Term {
  readonly metric: string
  /** Only samples with these labels. Default all. */
  readonly where?: Labels
  /** By how much a counter rose in so many milliseconds, up to now. Default: the value itself. */
  readonly increaseOverMs?: number
}

/**
 * A comparison, made for each set of labels by itself. Terms meet where their labels are equal,
 * as vectors do in PromQL; a set that one of them lacks, meets nothing.
 */
export interface Condition extends Term {
  readonly is: Comparator
  readonly than: number
  /** Divides the first term. */
  readonly per?: Term
  /** Must hold as well. */
  readonly and?: Condition
}

/** One alert: in a process and in Prometheus it means the same. */
export interface AlertRule {
  /** As Prometheus names alerts: `BzzzFallbackLasting`. */
  readonly name: string
  readonly severity: AlertSeverity
  /** What is the matter, as one sentence. */
  readonly summary: string
  /** What to do about it. */
  readonly remedy: string
  /** The condition must hold so long without a break. */
  readonly forMs: number
  readonly when: Condition
}

/** Every term of a condition. */
export const termsOf = (condition: Condition): Term[] => [
  condition,
  ...(condition.per === undefined ? [] : [condition.per]),
  ...(condition.and === undefined ? [] : termsOf(condition.and)),
]

/** Names of the metrics that the rules look at. */
export const metricsOf = (rules: readonly AlertRule[]): Set<string> =>
  new Set(rules.flatMap(({ when }) => termsOf(when).map(({ metric }) => metric)))
