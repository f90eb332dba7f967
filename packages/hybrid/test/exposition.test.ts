import { describe, expect, test } from '@jest/globals'
import { ManualClock, type ModeSetting } from '@bzzz/base'
import {
  ALERT_RULES,
  AlertMonitor,
  Histogram,
  HYBRID_METRICS,
  metricsOf,
  MetricRegistry,
} from '@bzzz/telemetry'
import { createExposition } from '@bzzz/telemetry/node'
import type { HybridControls, HybridDetails, HybridMetrics } from '../src/index.js'
import { registerHybrid } from '../src/exposition.js'

/** Writable, for a fake. */
type Fields<T> = { -readonly [K in keyof T]: T[K] }

/** Controls whose every answer is a field that a test may change. */
class FakeControls {
  readonly component: string
  setting: ModeSetting = { mode: 'hybrid', percent: 100 }
  serving: HybridControls['serving'] = 'real'
  phase: HybridControls['phase'] = 'real'
  isComplete = true
  hasQuorum = true
  durations: { mock: Histogram; real: Histogram } | undefined
  counts: Fields<HybridMetrics> = {
    mock_requests: 0,
    real_requests: 0,
    fallback_events: 0,
    recovery_events: 0,
    avg_latency_mock: 0,
    avg_latency_real: 0,
    error_rate_mock: 0,
    error_rate_real: 0,
  }
  known: Fields<HybridDetails> = {
    latency: {
      mock: { p50: undefined, p95: undefined, p99: undefined },
      real: { p50: 2, p95: 20, p99: 60 },
    },
    fallback_answers: 1,
    unavailable_reads: 2,
    pending_writes: 3,
    shadow_compared: 4,
    shadow_mismatches: 5,
    shadow_samples: [],
    deadline_ms: 60,
  }
  waiting = { keys: 0, bytes: 0, bytesMax: 1000 }
  letters: object[] = []

  constructor(component: string) {
    this.component = component
  }

  get controls(): HybridControls {
    return this as unknown as HybridControls
  }

  metrics(): HybridMetrics {
    return this.counts
  }

  details(): HybridDetails {
    return this.known
  }

  backlog(): typeof this.waiting {
    return this.waiting
  }

  deadLetters(): object[] {
    return this.letters
  }
}

const withOne = (component = 'dht') => {
  const fake = new FakeControls(component)
  const registry = new MetricRegistry()
  const drilled = new Set<string>()
  registerHybrid(registry, fake.controls, { isDrilling: (name) => drilled.has(name) })
  const text = (): Promise<string> => createExposition(registry).text()
  return { fake, registry, drilled, text }
}

const lines = async (text: Promise<string>, start: string): Promise<string[]> =>
  (await text).split('\n').filter((line) => line.startsWith(start))

describe('registerHybrid', () => {
  test('exports every name of the shared list, and all that the alerts of a hybrid look at', () => {
    const { registry } = withOne()
    const exported = new Set(registry.collect().map(({ name }) => name))
    expect(Object.values(HYBRID_METRICS).filter((name) => !exported.has(name))).toEqual([])
    const watched = Array.from(metricsOf(ALERT_RULES)).filter((name) => name.includes('hybrid'))
    expect(watched.filter((name) => !exported.has(name))).toEqual([])
  })

  test('exports the fields of HybridMetrics one by one, under their own names', async () => {
    const { fake, text } = withOne()
    fake.counts = {
      mock_requests: 11,
      real_requests: 40,
      fallback_events: 2,
      recovery_events: 1,
      avg_latency_mock: 0.25,
      avg_latency_real: 3.5,
      error_rate_mock: 0,
      error_rate_real: 0.1,
    }
    const shown = await text()
    for (const [field, value] of Object.entries(fake.counts))
      expect(shown).toContain(`\nbzzz_hybrid_${field}{component="dht"} ${value}\n`)
    expect(await lines(text(), 'bzzz_hybrid_errors_total')).toEqual([
      'bzzz_hybrid_errors_total{component="dht",side="mock"} 0',
      'bzzz_hybrid_errors_total{component="dht",side="real"} 4',
    ])
  })

  test('counts errors without a rounding, however many calls there are', () => {
    const { fake, registry } = withOne()
    const errorsOf = (): number | undefined =>
      registry
        .collect(new Set([HYBRID_METRICS.errors]))
        .flatMap(({ samples }) => samples)
        .find(({ labels }) => labels['side'] === 'real')?.value
    for (const requests of [3, 7, 1_000_003, 999_999_937])
      for (const errors of [0, 1, 2, requests - 1, requests]) {
        fake.counts.real_requests = requests
        fake.counts.error_rate_real = errors / requests
        expect(errorsOf()).toBe(errors)
      }
  })

  test('tells the mode, the phase, and whether the peers are wanted', async () => {
    const { fake, text } = withOne()
    const wanted: readonly (readonly [ModeSetting, number])[] = [
      [{ mode: 'mock', percent: 100 }, 0],
      [{ mode: 'hybrid', percent: 0 }, 0],
      [{ mode: 'hybrid', percent: 0.5 }, 1],
      [{ mode: 'shadow', percent: 100 }, 0],
      [{ mode: 'real', percent: 0 }, 1],
    ]
    for (const [setting, value] of wanted) {
      fake.setting = setting
      expect(await lines(text(), 'bzzz_hybrid_wants_real')).toEqual([
        `bzzz_hybrid_wants_real{component="dht"} ${value}`,
      ])
    }
    fake.phase = 'catching-up'
    const ones = (await text())
      .split('\n')
      .filter((line) => /^bzzz_hybrid_(mode|phase).* 1$/.test(line))
    expect(ones).toEqual([
      'bzzz_hybrid_mode{component="dht",mode="real"} 1',
      'bzzz_hybrid_phase{component="dht",phase="catching-up"} 1',
    ])
  })

  test('tells latencies in seconds, and leaves out what is not known', async () => {
    const { fake, text } = withOne()
    expect(await lines(text(), 'bzzz_hybrid_latency_seconds')).toEqual([
      'bzzz_hybrid_latency_seconds{component="dht",side="real",quantile="0.5"} 0.002',
      'bzzz_hybrid_latency_seconds{component="dht",side="real",quantile="0.95"} 0.02',
      'bzzz_hybrid_latency_seconds{component="dht",side="real",quantile="0.99"} 0.06',
    ])
    expect(await lines(text(), 'bzzz_hybrid_call_duration_seconds')).toEqual([])
    fake.durations = { mock: new Histogram(), real: new Histogram() }
    fake.durations.real.record(2_000_000)
    expect(await lines(text(), 'bzzz_hybrid_call_duration_seconds_sum')).toEqual([
      'bzzz_hybrid_call_duration_seconds_sum{component="dht",side="mock"} 0',
      'bzzz_hybrid_call_duration_seconds_sum{component="dht",side="real"} 2',
    ])
    fake.setting = { mode: 'mock', percent: 100 }
    expect(await lines(text(), 'bzzz_hybrid_dirty_bytes_max{')).toEqual([])
  })

  test('follows a list of hybrids that grows, in one read of each per collection', () => {
    const hybrids: HybridControls[] = []
    const registry = new MetricRegistry()
    registerHybrid(registry, hybrids)
    let reads = 0
    for (const component of ['dht', 'ucxl']) {
      const fake = new FakeControls(component)
      const metrics = fake.metrics.bind(fake)
      fake.metrics = () => {
        reads++
        return metrics()
      }
      hybrids.push(fake.controls)
    }
    const serving = registry.collect().find(({ name }) => name === HYBRID_METRICS.servingReal)
    expect(serving?.samples.map(({ labels }) => labels)).toEqual([
      { component: 'dht' },
      { component: 'ucxl' },
    ])
    expect(reads).toBe(2)
    expect(() => {
      registerHybrid(registry, [])
    }).toThrow(expect.objectContaining({ code: 'METRIC_NAME_TAKEN' }))
  })
})

interface Scenario {
  readonly rule: string
  readonly breaks: (fake: FakeControls, drilled: Set<string>) => void
  readonly mends: (fake: FakeControls, drilled: Set<string>) => void
  readonly afterMs: number
}

const SCENARIOS: readonly Scenario[] = [
  {
    rule: 'BzzzNoQuorum',
    breaks: (fake) => {
      fake.hasQuorum = false
    },
    mends: (fake) => {
      fake.hasQuorum = true
    },
    afterMs: 30_000,
  },
  {
    rule: 'BzzzFallbackLasting',
    breaks: (fake) => {
      fake.serving = 'store'
    },
    mends: (fake) => {
      fake.setting = { mode: 'mock', percent: 100 }
    },
    afterMs: 60_000,
  },
  {
    rule: 'BzzzFlapping',
    breaks: (fake) => {
      fake.counts.fallback_events += 6
    },
    mends: () => {},
    afterMs: 0,
  },
  {
    rule: 'BzzzRealErrors',
    breaks: (fake) => {
      fake.counts.real_requests = 100
      fake.counts.error_rate_real = 0.2
    },
    mends: () => {},
    afterMs: 60_000,
  },
  {
    rule: 'BzzzBacklogHigh',
    breaks: (fake) => {
      fake.waiting.bytes = 800
    },
    // What is dirty stays dirty, but in mode `mock` nothing is refused for it.
    mends: (fake) => {
      fake.setting = { mode: 'mock', percent: 100 }
    },
    afterMs: 0,
  },
  {
    rule: 'BzzzDeadLetters',
    breaks: (fake) => {
      fake.letters = [{}]
    },
    mends: (fake) => {
      fake.letters = []
    },
    afterMs: 0,
  },
  {
    rule: 'BzzzIncomplete',
    breaks: (fake) => {
      fake.isComplete = false
    },
    mends: (fake) => {
      fake.isComplete = true
    },
    afterMs: 0,
  },
  {
    rule: 'BzzzDrill',
    breaks: (_fake, drilled) => {
      drilled.add('dht')
    },
    mends: (_fake, drilled) => {
      drilled.clear()
    },
    afterMs: 0,
  },
]

describe('the alerts of a hybrid, over what it exports', () => {
  test('all have a scenario', () => {
    const ofHybrids = ALERT_RULES.filter(({ when }) => when.metric.startsWith('bzzz_hybrid'))
    expect(SCENARIOS.map(({ rule }) => rule)).toEqual(ofHybrids.map(({ name }) => name))
  })

  test.each(SCENARIOS)('$rule fires and clears', async ({ rule, breaks, mends, afterMs }) => {
    const { fake, registry, drilled } = withOne()
    const clock = new ManualClock()
    const told: string[] = []
    await using monitor = new AlertMonitor({
      registry,
      clock,
      onListenerError: (error) => {
        throw error
      },
    })
    monitor.on('alert-fired', ({ name, labels }) =>
      told.push(`fired ${name} ${labels['component']}`),
    )
    monitor.on('alert-cleared', ({ name }) => told.push(`cleared ${name}`))
    await monitor.start()
    clock.advance(60_000)
    expect(told).toEqual([])
    breaks(fake, drilled)
    clock.advance(afterMs + 1000)
    expect(told).toEqual([`fired ${rule} dht`])
    mends(fake, drilled)
    clock.advance(11 * 60_000)
    expect(told).toEqual([`fired ${rule} dht`, `cleared ${rule}`])
    expect(monitor.active()).toEqual([])
  })
})
