import { describe, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import {
  ALERT_RULES,
  AlertMonitor,
  HYBRID_METRICS as HYBRID,
  MetricRegistry,
  registerStoreState,
  metricsOf,
  type ActiveAlert,
  type AlertRule,
} from '../src/index.js'

/** Metrics of a node that is well; a scenario changes them. */
class Node {
  readonly registry = new MetricRegistry()
  readonly clock = new ManualClock(1_000_000)
  #storeState: 'ready' | 'read-only' | 'failed' = 'ready'
  readonly servingReal = this.#gauge(HYBRID.servingReal, 1)
  readonly wantsReal = this.#gauge(HYBRID.wantsReal, 1)
  readonly hasQuorum = this.#gauge(HYBRID.hasQuorum, 1)
  readonly dirtyBytes = this.#gauge(HYBRID.dirtyBytes, 0)
  readonly dirtyBytesMax = this.#gauge(HYBRID.dirtyBytesMax, 1000)
  readonly deadLetters = this.#gauge(HYBRID.deadLetters, 0)
  readonly complete = this.#gauge(HYBRID.complete, 1)
  readonly drill = this.#gauge(HYBRID.drill, 0)
  readonly fallbacks = this.registry
    .counters(HYBRID.fallbacks, 'Fallbacks.', ['component'])
    .with('dht')
  readonly #requests = this.registry.counters(HYBRID.requests, 'Calls.', ['component', 'side'])
  readonly #errors = this.registry.counters(HYBRID.errors, 'Errors.', ['component', 'side'])
  readonly monitor = new AlertMonitor({
    registry: this.registry,
    clock: this.clock,
    onListenerError: (error) => {
      throw error
    },
  })
  readonly told: string[] = []

  constructor() {
    this.monitor.on('alert-fired', ({ name }) => this.told.push(`fired ${name}`))
    this.monitor.on('alert-cleared', ({ name }) => this.told.push(`cleared ${name}`))
    registerStoreState(this.registry, () => this.#storeState)
  }

  storeIs(state: 'ready' | 'read-only' | 'failed'): void {
    this.#storeState = state
  }

  /** Each of so many seconds brings ten calls to real, of which some fail. */
  callsReal(seconds: number, errorsPerSecond: number): void {
    for (let second = 0; second < seconds; second++) {
      this.#requests.with('dht', 'real').value += 10
      this.#errors.with('dht', 'real').value += errorsPerSecond
      this.clock.advance(1000)
    }
  }

  names(): string[] {
    return this.monitor.active().map(({ name }) => name)
  }

  #gauge(name: string, value: number): { value: number } {
    const gauge = this.registry.gauges(name, `${name}.`, ['component']).with('dht')
    gauge.value = value
    return gauge
  }
}

interface Scenario {
  readonly rule: string
  /** Brings the matter about. */
  readonly breaks: (node: Node) => void
  /** So long after that, nobody is told yet; undefined where it is told at once. */
  readonly quietMs?: number
  /** By then somebody is told. */
  readonly firesMs: number
  readonly mends: (node: Node) => void
  /** How long it takes until it is forgotten. */
  readonly clearMs: number
}

const SCENARIOS: readonly Scenario[] = [
  {
    rule: 'BzzzStoreFailed',
    breaks: (node) => {
      node.storeIs('failed')
    },
    firesMs: 1000,
    mends: (node) => {
      node.storeIs('ready')
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzStoreReadOnly',
    breaks: (node) => {
      node.storeIs('read-only')
    },
    firesMs: 1000,
    mends: (node) => {
      node.storeIs('ready')
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzNoQuorum',
    breaks: (node) => {
      node.hasQuorum.value = 0
    },
    quietMs: 29_000,
    firesMs: 31_000,
    mends: (node) => {
      node.hasQuorum.value = 1
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzFallbackLasting',
    breaks: (node) => {
      node.servingReal.value = 0
    },
    quietMs: 59_000,
    firesMs: 61_000,
    mends: (node) => {
      node.servingReal.value = 1
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzFlapping',
    breaks: (node) => {
      for (let i = 0; i < 5; i++) {
        node.fallbacks.value++
        node.clock.advance(60_000)
      }
      expect(node.names()).toEqual([])
      node.fallbacks.value++
    },
    firesMs: 1000,
    mends: () => {},
    clearMs: 5 * 60_000,
  },
  {
    rule: 'BzzzRealErrors',
    breaks: (node) => {
      node.callsReal(200, 0)
      // From now on two in ten fail: after 150 s, that is one in ten of the last 300 s.
      node.callsReal(145, 2)
      expect(node.names()).toEqual([])
      node.callsReal(10, 2)
    },
    quietMs: 50_000,
    firesMs: 66_000,
    mends: (node) => {
      node.callsReal(300, 0)
    },
    clearMs: 0,
  },
  {
    rule: 'BzzzBacklogHigh',
    breaks: (node) => {
      node.dirtyBytes.value = 799
      node.clock.advance(1000)
      expect(node.names()).toEqual([])
      node.dirtyBytes.value = 800
    },
    firesMs: 1000,
    mends: (node) => {
      node.dirtyBytes.value = 799
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzDeadLetters',
    breaks: (node) => {
      node.deadLetters.value = 1
    },
    firesMs: 1000,
    mends: (node) => {
      node.deadLetters.value = 0
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzIncomplete',
    breaks: (node) => {
      node.complete.value = 0
    },
    firesMs: 1000,
    mends: (node) => {
      node.complete.value = 1
    },
    clearMs: 1000,
  },
  {
    rule: 'BzzzDrill',
    breaks: (node) => {
      node.drill.value = 1
    },
    firesMs: 1000,
    mends: (node) => {
      node.drill.value = 0
    },
    clearMs: 1000,
  },
]

describe('every alert fires and clears', () => {
  test('and every rule has its scenario', () => {
    expect(SCENARIOS.map(({ rule }) => rule)).toEqual(ALERT_RULES.map(({ name }) => name))
  })

  test.each(SCENARIOS)('$rule', async ({ rule, breaks, quietMs = 0, firesMs, mends, clearMs }) => {
    const node = new Node()
    await using monitor = node.monitor
    await monitor.start()
    node.clock.advance(120_000)
    expect(node.names()).toEqual([])
    breaks(node)
    node.clock.advance(quietMs)
    expect(node.told).toEqual([])
    node.clock.advance(firesMs - quietMs)
    expect(node.names()).toEqual([rule])
    node.clock.advance(10_000)
    mends(node)
    node.clock.advance(clearMs)
    expect(node.names()).toEqual([])
    expect(node.told).toEqual([`fired ${rule}`, `cleared ${rule}`])
  })
})

describe('what is no cause for an alert', () => {
  const quiet: Readonly<Record<string, (node: Node) => void>> = {
    'a fallback that ends within the minute': (node) => {
      node.servingReal.value = 0
      node.clock.advance(59_000)
      node.servingReal.value = 1
      node.clock.advance(1000)
      node.servingReal.value = 0
      node.clock.advance(59_000)
    },
    'a mode that does not ask for the peers': (node) => {
      node.wantsReal.value = 0
      node.servingReal.value = 0
      node.hasQuorum.value = 0
      node.clock.advance(600_000)
    },
    'errors of a few calls': (node) => {
      node.callsReal(1, 5)
      node.clock.advance(290_000)
    },
    'five fallbacks in ten minutes, again and again': (node) => {
      for (let i = 0; i < 20; i++) {
        node.fallbacks.value++
        node.clock.advance(122_000)
      }
    },
  }
  test.each(Object.entries(quiet))('%s', async (_name, happens) => {
    const node = new Node()
    await using monitor = node.monitor
    await monitor.start()
    node.clock.advance(10_000)
    happens(node)
    expect(node.told).toEqual([])
  })
})

const heat = (name: string): AlertRule => ({
  name,
  severity: 'warning',
  summary: 'Hot.',
  remedy: 'Cool it.',
  forMs: 0,
  when: { metric: 'heat', is: '>', than: 10 },
})

const withRules = (rules: readonly AlertRule[] = [heat('Hot')]) => {
  const registry = new MetricRegistry()
  const clock = new ManualClock(5_000_000)
  const errors: unknown[] = []
  const monitor = new AlertMonitor({
    registry,
    clock,
    rules,
    intervalMs: 100,
    onListenerError: (error) => errors.push(error),
  })
  return { registry, clock, errors, monitor, heats: registry.gauges('heat', 'Heat.', ['room']) }
}

describe('AlertMonitor', () => {
  test('tells who, since when, and what was measured', async () => {
    const { clock, monitor, heats } = withRules()
    const cleared: ActiveAlert[] = []
    monitor.on('alert-cleared', (alert) => cleared.push(alert))
    heats.with('hall').value = 5
    heats.with('attic').value = 11
    await monitor.start()
    clock.advance(300)
    heats.with('attic').value = 12
    clock.advance(100)
    const attic = {
      name: 'Hot',
      severity: 'warning',
      summary: 'Hot.',
      remedy: 'Cool it.',
      labels: { room: 'attic' },
      value: 12,
      sinceMs: 5_000_000,
    }
    expect(monitor.active()).toEqual([attic])
    heats.with('hall').value = 20
    heats.with('attic').value = 5
    clock.advance(100)
    expect(cleared).toEqual([{ ...attic, clearedAtMs: 5_000_500 }])
    expect(monitor.active()).toMatchObject([{ labels: { room: 'hall' }, sinceMs: 5_000_500 }])
    await monitor.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  test('outlives a listener that throws, and one that stops it', async () => {
    const { clock, errors, monitor, heats } = withRules()
    heats.with('hall').value = 11
    monitor.on('alert-fired', () => {
      throw new Error('mine')
    })
    await monitor.start()
    heats.with('hall').value = 5
    monitor.on('alert-cleared', () => void monitor.stop())
    clock.advance(100)
    await monitor.stop()
    expect(errors).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })

  test('reads only the metrics that its rules look at', async () => {
    const { registry, clock, monitor } = withRules()
    let reads = 0
    registry.gaugeFrom('costly', 'Costly.', () => reads++)
    await monitor.start()
    clock.advance(1000)
    await monitor.stop()
    expect(reads).toBe(0)
    expect(metricsOf(ALERT_RULES).size).toBeGreaterThan(9)
  })

  test('refuses rules that cannot work', () => {
    expect(() => withRules([heat('Hot'), heat('Hot')])).toThrow(/two rules are named Hot/)
    expect(() => withRules([{ ...heat('Hot'), forMs: -1 }])).toThrow(/must not be negative/)
    const when = { metric: 'heat', is: '>', than: 1, increaseOverMs: 0 } as const
    expect(() => withRules([{ ...heat('Hot'), when }])).toThrow(/must not be negative/)
  })
})
