import type { Clock } from '@bzzz/base'
import { registerHybrid } from '@bzzz/hybrid'
import { MetricRegistry, STORE_METRICS, type Histogram } from '@bzzz/telemetry'
import { createExposition } from '@bzzz/telemetry/node'
import type { Backend } from '../backend.js'

const MICROSECONDS = 1_000

const STORE_STATES = ['ready', 'read-only', 'failed'] as const

export interface NodeMetrics {
  /**
   * Counts one answered HTTP request. `route` is the path of the table, never one of a client's.
   * Without a duration for one that lasted as long as its client liked.
   */
  observeRequest(route: string, method: string, status: number, tookMs: number | undefined): void
  /** What alerts look at. */
  readonly registry: MetricRegistry
  /** The text that Prometheus scrapes. */
  text(): Promise<{ readonly type: string; readonly text: string }>
}

const addGauges = (registry: MetricRegistry, backend: Backend, clock: Clock): void => {
  const startedMs = clock.monotonicMs()
  const peersIn = (wanted: string): number =>
    backend.peers().filter(({ state }) => state === wanted).length
  registry.gaugeFrom('bzzz_uptime_seconds', 'Time since the start.', () =>
    Math.floor((clock.monotonicMs() - startedMs) / 1_000),
  )
  registry.gaugeFrom(
    STORE_METRICS.records,
    'Records held, tombstones included.',
    () => backend.store.size,
  )
  registry.gaugeFrom(
    STORE_METRICS.dirtyBytes,
    'Bytes of records that are not yet on all of their replicas.',
    () => backend.store.dirtyBytes,
  )
  registry.gaugeFrom(STORE_METRICS.ready, '1 while the store takes writes.', () =>
    backend.store.state === 'ready' ? 1 : 0,
  )
  registry.observe(
    [
      {
        name: STORE_METRICS.state,
        help: '1 for the state that the store is in, 0 for the others.',
        type: 'gauge',
        labelNames: ['state'],
      },
    ],
    () =>
      STORE_STATES.map((state) => ({
        name: STORE_METRICS.state,
        labels: [state],
        value: Number(backend.store.state === state),
      })),
  )
  registry.gaugeFrom('bzzz_peers_connected', 'Peers that answer.', () => peersIn('connected'))
  registry.gaugeFrom('bzzz_peers_suspect', 'Peers whose heartbeats are missing.', () =>
    peersIn('suspect'),
  )
  registry.gaugeFrom('bzzz_peers_disconnected', 'Known peers without a connection.', () =>
    peersIn('disconnected'),
  )
}

/** The metrics of one node. */
export const createNodeMetrics = (
  backend: Backend,
  clock: Clock,
  isDrilling: (component: string) => boolean,
): NodeMetrics => {
  const registry = new MetricRegistry()
  addGauges(registry, backend, clock)
  registerHybrid(
    registry,
    backend.components.map(({ controls }) => controls),
    { isDrilling },
  )
  const requests = registry.counters('bzzz_http_requests_total', 'HTTP requests answered.', [
    'route',
    'method',
    'status',
  ])
  const durations = registry.histograms(
    'bzzz_http_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    ['route', 'method'],
    { scale: 1e-6 },
  )
  const exposition = createExposition(registry, { processMetrics: true })
  return {
    registry,
    observeRequest: (route, method, status, tookMs) => {
      requests.with(route, method, String(status)).value++
      if (tookMs === undefined) return
      const histogram: Histogram = durations.with(route, method)
      histogram.record(tookMs * MICROSECONDS)
    },
    text: async () => ({ type: exposition.contentType, text: await exposition.text() }),
  }
}
