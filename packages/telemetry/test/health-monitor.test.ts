import { codeOf, ManualClock, type AbortOptions } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import {
  HEALTH_COMPONENTS_MAX,
  HealthMonitor,
  type HealthBackend,
  type HealthChange,
  type HealthProbe,
  type HealthState,
} from '../src/index.js'
import { settle, thrownCode } from './support.js'

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

const make = () => {
  const clock = new ManualClock(START_MS)
  const errors: unknown[] = []
  const monitor = new HealthMonitor({
    clock,
    intervalMs: 1000,
    deadlineMs: 100,
    onListenerError: (error) => errors.push(error),
  })
  const changes: HealthChange[] = []
  monitor.on('health-changed', (change) => changes.push(change))
  const pass = async (byMs: number): Promise<void> => {
    clock.advance(byMs)
    await settle()
  }
  return { clock, monitor, errors, changes, pass }
}

/** A component whose answer the test sets. */
const component = (name: string, answer: HealthState | 'throw' | 'hang' = 'healthy') => {
  const state = { answer, backend: 'real' as HealthBackend, probes: 0, signals: [] as unknown[] }
  const hanging: (() => void)[] = []
  const probe: HealthProbe = async ({ signal }: AbortOptions) => {
    state.probes++
    state.signals.push(signal)
    if (state.answer === 'throw') throw new Error('down')
    if (state.answer !== 'hang') return state.answer
    await new Promise<void>((resolve) => {
      hanging.push(resolve)
    })
    return 'healthy'
  }
  const release = (): void => {
    for (const resolve of hanging.splice(0)) resolve()
  }
  return { state, release, watched: { component: name, backend: () => state.backend, probe } }
}

describe('the health monitor', () => {
  test('reports the customer’s fields, and has checked everything once when it has started', async () => {
    const { monitor } = make()
    monitor.add(component('dht').watched)
    expect(monitor.statusOf('dht')?.last_check).toBe('1970-01-01T00:00:00.000Z')
    await monitor.start()
    expect(monitor.statuses()).toEqual([
      {
        component: 'dht',
        backend: 'real',
        status: 'healthy',
        last_check: '2026-01-02T03:04:05.000Z',
        error_count: 0,
        latency_ms: 0,
      },
    ])
    expect(monitor.overall).toBe('healthy')
    await monitor.stop()
  })

  test('checks again after each interval, and tells of changes only', async () => {
    const { monitor, changes, pass } = make()
    const { state, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    await pass(999)
    expect(state.probes).toBe(1)
    await pass(1)
    expect(state.probes).toBe(2)
    state.answer = 'throw'
    for (let i = 0; i < 4; i++) await pass(1000)
    state.answer = 'healthy'
    await pass(1000)
    expect(changes.map(({ before, after }) => `${before.status}>${after.status}`)).toEqual([
      'degraded>healthy',
      'healthy>degraded',
      'degraded>failed',
      'failed>healthy',
    ])
    expect(monitor.statusOf('dht')).toMatchObject({ error_count: 4, status: 'healthy' })
    await monitor.stop()
  })

  test('a changed backend is a change', async () => {
    const { monitor, changes, pass } = make()
    const { state, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    state.backend = 'hybrid'
    await pass(1000)
    expect(changes.at(-1)).toMatchObject({
      before: { backend: 'real' },
      after: { backend: 'hybrid', status: 'healthy' },
    })
    await monitor.stop()
  })

  test('a probe that hangs has failed at its deadline, and its signal fires', async () => {
    const { monitor, pass } = make()
    const { state, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    state.answer = 'hang'
    await pass(1000)
    await pass(99)
    expect(monitor.statusOf('dht')?.status).toBe('healthy')
    expect(state.signals.at(-1)).toMatchObject({ aborted: false })
    await pass(1)
    expect(monitor.statusOf('dht')).toMatchObject({
      status: 'degraded',
      error_count: 1,
      latency_ms: 100,
    })
    expect(state.signals.at(-1)).toMatchObject({ aborted: true })
    await monitor.stop()
  })

  test('probes of a stuck component do not pile up, and a late answer is none', async () => {
    const { monitor, pass } = make()
    const { state, release, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    state.answer = 'hang'
    for (let i = 0; i < 5; i++) {
      await pass(1000)
      await pass(100)
    }
    expect(state.probes).toBe(2)
    expect(monitor.statusOf('dht')).toMatchObject({ status: 'failed', error_count: 5 })
    release()
    await settle()
    expect(monitor.statusOf('dht')).toMatchObject({ status: 'failed', error_count: 5 })
    state.answer = 'healthy'
    await pass(1000)
    expect(monitor.statusOf('dht')?.status).toBe('healthy')
    await monitor.stop()
  })

  test('a check that waits for a stuck probe goes on as soon as that ends', async () => {
    const { monitor, pass } = make()
    const { state, release, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    state.answer = 'hang'
    await pass(1000)
    await pass(100)
    await pass(1000)
    state.answer = 'healthy'
    release()
    await settle()
    expect(state.probes).toBe(3)
    expect(monitor.statusOf('dht')?.status).toBe('healthy')
    await monitor.stop()
  })

  test('checkNow checks at once, joins a check in progress, and moves the next one', async () => {
    const { monitor, pass } = make()
    const [a, b] = [component('a'), component('b')]
    monitor.add(a.watched)
    monitor.add(b.watched)
    await monitor.start()
    await pass(900)
    const results = await Promise.all([monitor.checkNow('a'), monitor.checkNow('a')])
    expect(results.map((each) => each.map((status) => status.component))).toEqual([['a'], ['a']])
    expect([a.state.probes, b.state.probes]).toEqual([2, 1])
    await pass(100)
    expect([a.state.probes, b.state.probes]).toEqual([2, 2])
    await pass(900)
    expect(a.state.probes).toBe(3)
    expect(await monitor.checkNow()).toHaveLength(2)
    expect(await monitor.checkNow('no such')).toEqual([])
    await monitor.stop()
  })

  test('a component may come and go at any time', async () => {
    const { clock, monitor, pass } = make()
    await monitor.start()
    const { state, watched } = component('late', 'degraded')
    const remove = monitor.add(watched)
    await settle()
    expect([state.probes, monitor.overall]).toEqual([1, 'degraded'])
    remove()
    remove()
    await pass(5000)
    expect([state.probes, monitor.overall, clock.pendingTimers]).toEqual([1, 'healthy', 0])
    const again = monitor.add(watched)
    remove()
    expect(monitor.statuses()).toHaveLength(1)
    again()
    await monitor.stop()
  })

  test('a component that goes during its check leaves no timer', async () => {
    const { clock, monitor, changes } = make()
    await monitor.start()
    const { watched } = component('late', 'hang')
    const remove = monitor.add(watched)
    await settle()
    remove()
    await settle()
    expect([clock.pendingTimers, changes]).toEqual([0, []])
    await monitor.stop()
  })

  test('a component added while the monitor starts is checked, too', async () => {
    const { monitor } = make()
    const starting = monitor.start()
    const { state, watched } = component('late')
    monitor.add(watched)
    await starting
    await settle()
    expect(state.probes).toBe(1)
    await monitor.stop()
  })

  test('names are unique, and their number is limited', () => {
    const { monitor } = make()
    for (let i = 0; i < HEALTH_COMPONENTS_MAX; i++) monitor.add(component(String(i)).watched)
    expect(thrownCode(() => monitor.add(component('0').watched))).toBe('HEALTH_COMPONENT_TAKEN')
    expect(thrownCode(() => monitor.add(component('x').watched))).toBe('HEALTH_COMPONENT_LIMIT')
  })

  test('stop leaves no timer and aborts the probe that runs', async () => {
    const { clock, monitor, pass } = make()
    const { state, watched } = component('dht')
    monitor.add(watched)
    await monitor.start()
    state.answer = 'hang'
    await pass(1000)
    await monitor.stop()
    await settle()
    expect(clock.pendingTimers).toBe(0)
    expect(state.signals.at(-1)).toMatchObject({ aborted: true })
    expect(monitor.statusOf('dht')).toMatchObject({ status: 'healthy', error_count: 0 })
    const code = await monitor.checkNow().catch(codeOf)
    expect(code).toBe('NOT_STARTED')
  })

  test('a start that is aborted leaves nothing running, and may be tried again', async () => {
    const { clock, monitor } = make()
    const { state, release, watched } = component('dht', 'hang')
    monitor.add(watched)
    const controller = new AbortController()
    const starting = monitor.start({ signal: controller.signal }).catch(codeOf)
    await settle()
    controller.abort()
    expect([await starting, clock.pendingTimers]).toEqual(['ABORTED', 0])
    state.answer = 'healthy'
    release()
    await settle()
    await monitor.start()
    expect(monitor.statusOf('dht')?.status).toBe('healthy')
    await monitor.stop()
  })

  test('a listener that throws is told of, and harms nobody', async () => {
    const { monitor, errors } = make()
    monitor.on('health-changed', () => {
      throw new Error('listener')
    })
    monitor.add(component('dht').watched)
    await monitor.start()
    expect([errors.length, monitor.overall]).toEqual([1, 'healthy'])
    await monitor.stop()
  })
})
