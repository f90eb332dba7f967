import type { Labels } from '../metrics/family.js'
import type { MetricSnapshot } from '../metrics/metric.js'
import {
  termsOf,
  type AlertRule,
  type Comparator,
  type Condition,
  type Term,
} from './alert-rule.js'
import { select, type Point } from './series.js'
import { increaseIn, stepWindow, type CounterWindow } from './window.js'

/** A condition that holds. */
export interface HeldAlert {
  readonly rule: AlertRule
  /** Whose condition it is: `{ component: 'dht' }`. */
  readonly labels: Labels
  /** What the condition compares, now. */
  readonly value: number
  /** Since when it holds without a break, as `nowMs` counts. */
  readonly sinceMs: number
  /** False while it has not held long enough. */
  readonly isFiring: boolean
}

/** What is remembered from one evaluation to the next. */
export interface AlertState {
  readonly held: ReadonlyMap<string, HeldAlert>
  readonly windows: ReadonlyMap<string, CounterWindow>
}

export const NO_ALERTS: AlertState = { held: new Map(), windows: new Map() }

export interface AlertStepEvent {
  /** Of the alert in {@link AlertState.held}. */
  readonly key: string
  readonly kind: 'fired' | 'cleared'
  readonly alert: HeldAlert
}

type Vector = ReadonlyMap<string, Point>

const COMPARE: Readonly<Record<Comparator, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
}

const windowKey = (term: Term, series: string): string =>
  JSON.stringify([term.metric, term.increaseOverMs, series])

/** The windows after a reading of every counter that some rule looks back on. */
const stepWindows = (
  rules: readonly AlertRule[],
  windows: AlertState['windows'],
  snapshots: readonly MetricSnapshot[],
  nowMs: number,
): Map<string, CounterWindow> => {
  const next = new Map<string, CounterWindow>()
  for (const term of rules.flatMap(({ when }) => termsOf(when))) {
    const overMs = term.increaseOverMs
    if (overMs === undefined) continue
    for (const [series, { value }] of select(snapshots, term)) {
      const key = windowKey(term, series)
      // Two terms may look at one window; it is read once.
      if (!next.has(key)) next.set(key, stepWindow(windows.get(key), value, nowMs, overMs))
    }
  }
  // A reading that failed once must not forget the window; a counter that is gone for good, must.
  for (const [key, window] of windows)
    if (!next.has(key) && nowMs - window.seenMs < window.overMs) next.set(key, window)
  return next
}

/** Numbers of the terms at one moment. */
class Reading {
  readonly #snapshots: readonly MetricSnapshot[]
  readonly #windows: AlertState['windows']

  constructor(snapshots: readonly MetricSnapshot[], windows: AlertState['windows']) {
    this.#snapshots = snapshots
    this.#windows = windows
  }

  /** The label sets for which the condition holds, with what it compared. */
  holding(condition: Condition): Vector {
    const left = this.#vector(condition)
    const per = condition.per === undefined ? undefined : this.#vector(condition.per)
    const also = condition.and === undefined ? undefined : this.holding(condition.and)
    const holding = new Map<string, Point>()
    for (const [series, { labels, value }] of left) {
      if (also?.has(series) === false) continue
      // Without a divisor it compares as what is no number does: with nothing.
      const compared = per === undefined ? value : value / (per.get(series)?.value ?? Number.NaN)
      if (COMPARE[condition.is](compared, condition.than))
        holding.set(series, { labels, value: compared })
    }
    return holding
  }

  #vector(term: Term): Vector {
    const points = select(this.#snapshots, term)
    if (term.increaseOverMs === undefined) return points
    return new Map(
      Array.from(points, ([series, { labels }]) => {
        const window = this.#windows.get(windowKey(term, series))
        return [series, { labels, value: window === undefined ? 0 : increaseIn(window) }]
      }),
    )
  }
}

/**
 * One evaluation of the rules over the metrics as they are now: what is remembered, and what began
 * or ceased to fire. Pure. Metrics that are gone hold nothing: their alerts clear.
 */
export const stepAlerts = (
  rules: readonly AlertRule[],
  state: AlertState,
  snapshots: readonly MetricSnapshot[],
  nowMs: number,
): { readonly state: AlertState; readonly events: readonly AlertStepEvent[] } => {
  const windows = stepWindows(rules, state.windows, snapshots, nowMs)
  const reading = new Reading(snapshots, windows)
  const held = new Map<string, HeldAlert>()
  const events: AlertStepEvent[] = []
  for (const rule of rules)
    for (const [series, { labels, value }] of reading.holding(rule.when)) {
      const key = `${rule.name} ${series}`
      const before = state.held.get(key)
      const sinceMs = before?.sinceMs ?? nowMs
      const isFiring = nowMs - sinceMs >= rule.forMs
      const alert: HeldAlert = { rule, labels, value, sinceMs, isFiring }
      held.set(key, alert)
      if (isFiring && before?.isFiring !== true) events.push({ key, kind: 'fired', alert })
    }
  for (const [key, alert] of state.held)
    if (alert.isFiring && !held.has(key)) events.push({ key, kind: 'cleared', alert })
  return { state: { held, windows }, events }
}
