import { PORT_METRICS } from '../metric-names.js'
import type { Family } from '../metrics/family.js'
import type { Histogram } from '../metrics/histogram.js'
import type { Counter } from '../metrics/metric.js'
import type { MetricRegistry } from '../metrics/registry.js'

/** The metrics of instrumented ports; one for each registry, shared by all ports. */
export class PortMetrics {
  /** Labels: component, op, outcome. */
  readonly calls: Family<Counter>
  /** Labels: component, op. Microseconds. */
  readonly durations: Family<Histogram>
  /** Labels: component, op. */
  readonly items: Family<Counter>
  /** Labels: component, op. */
  readonly events: Family<Counter>

  /** Throws `METRIC_NAME_TAKEN` when the registry has them. */
  constructor(registry: MetricRegistry) {
    this.calls = registry.counters(
      PORT_METRICS.calls,
      'Calls of a port that ended, by outcome: ok, unavailable, answered (the answer was no), aborted.',
      ['component', 'op', 'outcome'],
    )
    this.durations = registry.histograms(
      PORT_METRICS.duration,
      'Time from a call to its end; of a stream, to its first item.',
      ['component', 'op'],
      { scale: 1e-6 },
    )
    this.items = registry.counters(PORT_METRICS.items, 'Items that streams of a port yielded.', [
      'component',
      'op',
    ])
    this.events = registry.counters(PORT_METRICS.events, 'Events told to subscribers of a port.', [
      'component',
      'op',
    ])
  }
}
