import { LABEL_CHARS_MAX, LABEL_SETS_MAX, type Labels } from './family.js'
import type { Histogram } from './histogram.js'
import { histogramSamples } from './histogram-samples.js'
import type { MetricSample, MetricType } from './metric.js'

/** A metric whose values somebody else keeps. */
export interface ObservedMetric {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labelNames: readonly string[]
  /** What one recorded unit is, for histograms: 1e-6 for microseconds in `_seconds`. Default 1. */
  readonly scale?: number
}

/** A value of an observed metric at the moment of the observation. */
export interface Observed {
  readonly name: string
  /** Values of the labels, in the order of the label names. */
  readonly labels: readonly string[]
  readonly value: number | Histogram
}

const labelsOf = (names: readonly string[], values: readonly string[]): Labels =>
  Object.fromEntries(
    names.map((name, i): [string, string] => [
      name,
      (values[i] ?? '').slice(0, LABEL_CHARS_MAX).toWellFormed(),
    ]),
  )

const samplesOf = (metric: ObservedMetric, { labels, value }: Observed): MetricSample[] => {
  const named = labelsOf(metric.labelNames, labels)
  if (typeof value === 'number') return [{ suffix: '', labels: named, value }]
  return histogramSamples(named, value, metric.scale ?? 1)
}

/** Several metrics whose values are read together, once for each collection. */
export class Observation {
  readonly #read: () => Iterable<Observed>
  readonly #byName: ReadonlyMap<string, ObservedMetric>
  readonly #onOverflow: () => void

  constructor(
    metrics: readonly ObservedMetric[],
    read: () => Iterable<Observed>,
    onOverflow: () => void,
  ) {
    this.#byName = new Map(metrics.map((metric) => [metric.name, metric]))
    this.#read = read
    this.#onOverflow = onOverflow
  }

  /** What was read of each metric, by its name. Empty when the reading throws. */
  collect(): ReadonlyMap<string, readonly MetricSample[]> {
    const samples = new Map<string, MetricSample[]>()
    const counts = new Map<string, number>()
    try {
      for (const observed of this.#read()) {
        const metric = this.#byName.get(observed.name)
        if (metric === undefined) continue
        const count = counts.get(metric.name) ?? 0
        if (count >= LABEL_SETS_MAX) {
          this.#onOverflow()
          continue
        }
        counts.set(metric.name, count + 1)
        const known = samples.get(metric.name) ?? []
        known.push(...samplesOf(metric, observed))
        samples.set(metric.name, known)
      }
    } catch {
      // Half of what belongs together would mislead: a ratio, or a condition of two metrics.
      return new Map()
    }
    return samples
  }
}
