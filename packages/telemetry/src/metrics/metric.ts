/** A number that only rises. Count with `counter.value++`: no call, no lookup. */
export interface Counter {
  value: number
}

/** A number that rises and falls. */
export interface Gauge {
  value: number
}

/** A `summary` holds quantiles that were computed here, under the label `quantile`. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

/** One line of the exposition. */
export interface MetricSample {
  /** `_bucket`, `_sum` or `_count` for histograms. */
  readonly suffix: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with its values at one moment. */
export interface MetricSnapshot {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly samples: readonly MetricSample[]
}
