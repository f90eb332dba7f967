import { telemetryError } from '../errors.js'
import { Family, type Labels } from './family.js'
import { Histogram } from './histogram.js'
import { histogramSamples } from './histogram-samples.js'
import type { Counter, Gauge, MetricSample, MetricSnapshot, MetricType } from './metric.js'
import { Observation, type Observed, type ObservedMetric } from './observation.js'

/** Metrics of one registry; a coordinator has about a hundred. */
export const METRICS_MAX = 1000

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/

/** `__` is Prometheus' own, `le` is the histogram's. */
const LABEL_NAME = /^(?!__|le$)[a-zA-Z_][a-zA-Z0-9_]{0,63}$/

export interface HistogramOptions {
  /** What one recorded unit is in the exposition: 1e-6 for microseconds in `_seconds`. Default 1. */
  readonly scale?: number
}

/** What was read so far in one collection: each observation is read once. */
type Round = Map<Observation, ReadonlyMap<string, readonly MetricSample[]>>

interface Registered {
  readonly help: string
  readonly type: MetricType
  readonly samples: (round: Round) => readonly MetricSample[]
}

const zero = (): Counter & Gauge => ({ value: 0 })

const emptyHistogram = (): Histogram => new Histogram()

const valueSample = (labels: Labels, metric: Counter | Gauge): MetricSample => ({
  suffix: '',
  labels,
  value: metric.value,
})

/**
 * The metrics of one node. Register once, keep the plain object, change its fields; `collect`
 * copies the values when somebody asks. All registering methods throw `METRIC_NAME_INVALID`,
 * `METRIC_NAME_TAKEN` and `METRIC_LIMIT`.
 */
export class MetricRegistry {
  readonly #metrics = new Map<string, Registered>()
  readonly #overflow: Counter

  constructor() {
    this.#overflow = this.counter(
      'bzzz_metric_label_overflow_total',
      'Lookups of label sets beyond the limit, counted under "other".',
    )
  }

  counter(name: string, help: string): Counter {
    const counter: Counter = zero()
    this.#register(name, [], { help, type: 'counter', samples: () => [valueSample({}, counter)] })
    return counter
  }

  counters(name: string, help: string, labelNames: readonly string[]): Family<Counter> {
    return this.#family(name, help, 'counter', labelNames, zero, (labels, counter) => [
      valueSample(labels, counter),
    ])
  }

  gauge(name: string, help: string): Gauge {
    const gauge: Gauge = zero()
    this.#register(name, [], { help, type: 'gauge', samples: () => [valueSample({}, gauge)] })
    return gauge
  }

  gauges(name: string, help: string, labelNames: readonly string[]): Family<Gauge> {
    return this.#family(name, help, 'gauge', labelNames, zero, (labels, gauge) => [
      valueSample(labels, gauge),
    ])
  }

  /** A gauge that is read when it is collected. One whose function throws is left out then. */
  gaugeFrom(name: string, help: string, read: () => number): void {
    const samples = (): MetricSample[] => {
      try {
        return [valueSample({}, { value: read() })]
      } catch {
        return []
      }
    }
    this.#register(name, [], { help, type: 'gauge', samples })
  }

  histogram(name: string, help: string, options: HistogramOptions = {}): Histogram {
    const histogram = new Histogram()
    const samples = (): MetricSample[] => histogramSamples({}, histogram, options.scale ?? 1)
    this.#register(name, [], { help, type: 'histogram', samples })
    return histogram
  }

  histograms(
    name: string,
    help: string,
    labelNames: readonly string[],
    options: HistogramOptions = {},
  ): Family<Histogram> {
    return this.#family(name, help, 'histogram', labelNames, emptyHistogram, (labels, histogram) =>
      histogramSamples(labels, histogram, options.scale ?? 1),
    )
  }

  /**
   * Metrics whose values are kept elsewhere. `read` is called once per collection in which any of
   * them is wanted; where it throws, all of them are left out then.
   */
  observe(metrics: readonly ObservedMetric[], read: () => Iterable<Observed>): void {
    const observation = new Observation(metrics, read, () => {
      this.#overflow.value++
    })
    for (const { name, help, type, labelNames } of metrics)
      this.#register(name, labelNames, {
        help,
        type,
        samples: (round) => {
          const known = round.get(observation) ?? observation.collect()
          round.set(observation, known)
          return known.get(name) ?? []
        },
      })
  }

  /** The metrics wanted, or all, with their values now, in the order of registration. */
  collect(wanted?: ReadonlySet<string>): MetricSnapshot[] {
    const round: Round = new Map()
    return Array.from(this.#metrics)
      .filter(([name]) => wanted?.has(name) ?? true)
      .map(([name, { help, type, samples }]) => ({ name, help, type, samples: samples(round) }))
  }

  #family<M>(
    name: string,
    help: string,
    type: MetricType,
    labelNames: readonly string[],
    make: () => M,
    samplesOf: (labels: Labels, metric: M) => MetricSample[],
  ): Family<M> {
    const family = new Family(Array.from(labelNames), make, () => {
      this.#overflow.value++
    })
    const samples = (): MetricSample[] =>
      Array.from(family.members()).flatMap(({ labels, metric }) => samplesOf(labels, metric))
    this.#register(name, labelNames, { help, type, samples })
    return family
  }

  #register(name: string, labelNames: readonly string[], metric: Registered): void {
    if (!METRIC_NAME.test(name))
      throw telemetryError('METRIC_NAME_INVALID', `no metric name: ${JSON.stringify(name)}`)
    const badLabel = labelNames.find((label) => !LABEL_NAME.test(label))
    if (badLabel !== undefined || new Set(labelNames).size !== labelNames.length)
      throw telemetryError(
        'METRIC_NAME_INVALID',
        `label names of ${name} must be valid and differ: ${JSON.stringify(labelNames)}`,
      )
    if (this.#metrics.has(name))
      throw telemetryError('METRIC_NAME_TAKEN', `the metric ${name} is registered`)
    if (this.#metrics.size >= METRICS_MAX)
      throw telemetryError('METRIC_LIMIT', `at most ${String(METRICS_MAX)} metrics fit`)
    this.#metrics.set(name, metric)
  }
}
