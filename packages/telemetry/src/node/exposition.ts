import { collectDefaultMetrics, Registry, type Metric } from 'prom-client'
import type { MetricSnapshot } from '../metrics/metric.js'
import type { MetricRegistry } from '../metrics/registry.js'

export interface ExpositionOptions {
  /**
   * Add the process's own metrics (memory, event loop, garbage collection). They start observers
   * that last as long as the process. Default false.
   */
  readonly processMetrics?: boolean
}

/** The text that Prometheus scrapes. */
export interface Exposition {
  readonly contentType: string
  text(): Promise<string>
}

/** The part of a prom-client metric that its registry reads. */
const asPromMetric = ({ name, help, type, samples }: MetricSnapshot): object => ({
  name,
  help,
  type,
  aggregator: 'sum',
  get: () => ({
    name,
    help,
    type,
    aggregator: 'sum',
    values: samples.map(({ suffix, labels, value }) => ({
      metricName: name + suffix,
      labels,
      value,
    })),
  }),
})

/** Writes the registry in Prometheus' text format, with prom-client; values are copied at each call. */
export const createExposition = (
  metrics: MetricRegistry,
  options: ExpositionOptions = {},
): Exposition => {
  const process = new Registry()
  if (options.processMetrics === true) collectDefaultMetrics({ register: process })
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    text: async () => {
      const own = new Registry()
      // The registry calls `get` only; prom-client's own classes have no way to set a histogram.
      for (const snapshot of metrics.collect()) own.registerMetric(asPromMetric(snapshot) as Metric)
      return (
        (await own.metrics()) + (options.processMetrics === true ? await process.metrics() : '')
      )
    },
  }
}
