import { MODES } from '@bzzz/base'
import {
  HYBRID_METRICS as NAMES,
  type MetricRegistry,
  type Observed,
  type ObservedMetric,
} from '@bzzz/telemetry'
import type { HybridControls } from './controls.js'
import type { Phase } from './events.js'
import type { HybridMetrics, Quantiles } from './metrics.js'

const SECONDS_PER_MS = 1e-3

export interface RegisterHybridOptions {
  /** Whether faults are injected into a component on purpose. Default never. */
  readonly isDrilling?: (component: string) => boolean
}

const PHASES: readonly Phase[] = ['real', 'local', 'probing', 'catching-up', 'verifying']

const SIDES = ['mock', 'real'] as const

const QUANTILES: readonly (readonly [keyof Quantiles, string])[] = [
  ['p50', '0.5'],
  ['p95', '0.95'],
  ['p99', '0.99'],
]

/** {@link HybridMetrics} field for field, each a gauge under its own name. */
const FIELDS: Readonly<Record<keyof HybridMetrics, string>> = {
  mock_requests: 'Calls that the store answered.',
  real_requests: 'Calls that real was asked.',
  fallback_events: 'Times that the store took over from real.',
  recovery_events: 'Times that real served again.',
  avg_latency_mock: 'Mean time of a call that the store answered, milliseconds.',
  avg_latency_real: 'Mean time of a call that real answered, milliseconds.',
  error_rate_mock: 'Share of calls that the store could not answer, 0 to 1.',
  error_rate_real: 'Share of calls that real could not answer, 0 to 1.',
}

const fieldName = (field: string): string => `bzzz_hybrid_${field}`

type Row = readonly [keyof typeof NAMES, ObservedMetric['type'], string, ...labels: string[]]

const ROWS: readonly Row[] = [
  ['servingReal', 'gauge', '1 while real serves, 0 while the store does.'],
  ['wantsReal', 'gauge', '1 while the mode asks real: `real`, or `hybrid` above 0 %.'],
  ['mode', 'gauge', '1 for the mode in force, 0 for the others.', 'mode'],
  ['percent', 'gauge', 'Share of the keys that real answers in mode `hybrid`, 0 to 100.'],
  ['phase', 'gauge', '1 for the phase of the way back to real, 0 for the others.', 'phase'],
  ['requests', 'counter', 'Calls, by the side that was asked.', 'side'],
  ['errors', 'counter', 'Calls that the side could not answer.', 'side'],
  ['fallbacks', 'counter', 'Times that the store took over from real.'],
  ['recoveries', 'counter', 'Times that real served again.'],
  ['callDuration', 'histogram', 'Time that the side took to answer.', 'side'],
  ['latency', 'summary', 'Quantiles of that time since the start.', 'side', 'quantile'],
  ['deadline', 'gauge', 'Present deadline of a call of real.'],
  ['fallbackAnswers', 'counter', 'Calls that asked real and were answered by the store.'],
  ['unavailableReads', 'counter', 'Reads that nobody could answer.'],
  ['pendingWrites', 'counter', 'Writes that asked for more than was reached in time.'],
  ['shadowCompared', 'counter', 'Reads of which both sides were asked, in mode `shadow`.'],
  ['shadowMismatches', 'counter', 'Of those, the ones that the sides answered differently.'],
  ['dirtyBytes', 'gauge', 'Bytes of records that real may lack.'],
  ['dirtyBytesMax', 'gauge', 'Where new writes are refused; absent in mode `mock`: no cap.'],
  ['dirtyKeys', 'gauge', 'Records that real may lack; 0 in mode `mock`.'],
  ['deadLetters', 'gauge', 'Records that real refuses for good.'],
  ['complete', 'gauge', '0 after leaving the mesh without a copy of it.'],
  ['hasQuorum', 'gauge', '1 while the peers that answer make a quorum.'],
  ['drill', 'gauge', '1 while faults are injected on purpose.'],
]

const DESCRIPTIONS: readonly ObservedMetric[] = [
  ...ROWS.map(([name, type, help, ...labels]) => ({
    name: NAMES[name],
    help,
    type,
    labelNames: ['component', ...labels],
    scale: 1e-6,
  })),
  ...Object.entries(FIELDS).map(([field, help]) => ({
    name: fieldName(field),
    help,
    type: 'gauge' as const,
    labelNames: ['component'],
  })),
]

type Value = Observed['value'] | boolean | undefined

/** The values of one hybrid; those that it does not know are left out. */
class Reading {
  readonly #component: string
  readonly #seen: Observed[] = []

  constructor(component: string) {
    this.#component = component
  }

  get seen(): readonly Observed[] {
    return this.#seen
  }

  put(name: string, value: Value, ...labels: readonly string[]): void {
    if (value === undefined) return
    const known = typeof value === 'boolean' ? Number(value) : value
    this.#seen.push({ name, labels: [this.#component, ...labels], value: known })
  }

  state(controls: HybridControls, isDrilling: boolean): void {
    const { setting, phase, hasQuorum } = controls
    const { mode, percent } = setting
    this.put(NAMES.servingReal, controls.serving === 'real')
    this.put(NAMES.wantsReal, mode === 'real' || (mode === 'hybrid' && percent > 0))
    for (const each of MODES) this.put(NAMES.mode, each === mode, each)
    this.put(NAMES.percent, percent)
    for (const each of PHASES) this.put(NAMES.phase, each === phase, each)
    this.put(NAMES.complete, controls.isComplete)
    this.put(NAMES.hasQuorum, hasQuorum)
    this.put(NAMES.drill, isDrilling)
    this.put(NAMES.deadLetters, controls.deadLetters().length)
    const { keys, bytes, bytesMax } = controls.backlog()
    this.put(NAMES.dirtyKeys, keys)
    this.put(NAMES.dirtyBytes, bytes)
    if (mode !== 'mock') this.put(NAMES.dirtyBytesMax, bytesMax)
  }

  calls(metrics: HybridMetrics, durations: HybridControls['durations']): void {
    for (const side of SIDES) {
      const requests = metrics[`${side}_requests`]
      this.put(NAMES.requests, requests, side)
      this.put(NAMES.errors, Math.round(requests * metrics[`error_rate_${side}`]), side)
      this.put(NAMES.callDuration, durations?.[side], side)
    }
    this.put(NAMES.fallbacks, metrics.fallback_events)
    this.put(NAMES.recoveries, metrics.recovery_events)
    for (const field of Object.keys(FIELDS) as (keyof HybridMetrics)[])
      this.put(fieldName(field), metrics[field])
  }

  details(details: ReturnType<HybridControls['details']>): void {
    for (const side of SIDES)
      for (const [quantile, label] of QUANTILES) {
        const ms = details.latency[side][quantile]
        this.put(NAMES.latency, ms === undefined ? undefined : ms * SECONDS_PER_MS, side, label)
      }
    this.put(NAMES.deadline, details.deadline_ms * SECONDS_PER_MS)
    this.put(NAMES.fallbackAnswers, details.fallback_answers)
    this.put(NAMES.unavailableReads, details.unavailable_reads)
    this.put(NAMES.pendingWrites, details.pending_writes)
    this.put(NAMES.shadowCompared, details.shadow_compared)
    this.put(NAMES.shadowMismatches, details.shadow_mismatches)
  }
}

/**
 * Exports hybrids under the names of `HYBRID_METRICS`, which the alert rules look at, and
 * {@link HybridMetrics} field for field, as `bzzz_hybrid_mock_requests` and so on. Call it once per
 * registry, with all hybrids of the node; a list is read anew at each collection, so that hybrids may
 * be added to it. Throws `METRIC_NAME_TAKEN` when it is called again.
 */
export const registerHybrid = (
  registry: MetricRegistry,
  hybrids: HybridControls | Iterable<HybridControls>,
  options: RegisterHybridOptions = {},
): void => {
  const { isDrilling = () => false } = options
  const all = Symbol.iterator in hybrids ? hybrids : [hybrids]
  registry.observe(DESCRIPTIONS, () =>
    Array.from(all).flatMap((controls) => {
      const reading = new Reading(controls.component)
      reading.state(controls, isDrilling(controls.component))
      reading.calls(controls.metrics(), controls.durations)
      reading.details(controls.details())
      return reading.seen
    }),
  )
}
