import { describe, expect, test } from '@jest/globals'
import { baseError, ManualClock } from '@bzzz/base'
import { PORT_METRICS } from '../src/metric-names.js'
import { MetricRegistry } from '../src/metrics/registry.js'
import { instrument } from '../src/port/instrument.js'
import { PortMetrics } from '../src/port/port-metrics.js'
import { MemoryShelf, shelfPort, type Shelf } from './shelf.js'
import { valuesOf } from './support.js'

const bytes = new Uint8Array([1])

const measured = (sampleEvery?: number) => {
  const registry = new MetricRegistry()
  const clock = new ManualClock()
  const inner = new MemoryShelf()
  const outer = instrument<Shelf>(shelfPort, inner, new PortMetrics(registry), {
    component: 'shelf',
    clock,
    ...(sampleEvery === undefined ? {} : { sampleEvery }),
  })
  const counts = (name: string): Record<string, number> =>
    valuesOf(registry, name, ['op', 'outcome'])
  return { registry, clock, inner, outer, counts }
}

describe('instrument', () => {
  test('counts calls by outcome, as the port judges them', async () => {
    const { inner, outer, counts } = measured()
    await outer.put('a', bytes)
    expect(await outer.get('a')).toEqual(bytes)
    inner.fails = baseError('TIMEOUT', 'too late')
    await expect(outer.get('a')).rejects.toBe(inner.fails)
    inner.fails = baseError('INVALID_ARGUMENT', 'no')
    await expect(outer.get('a')).rejects.toBe(inner.fails)
    inner.fails = undefined
    const signal = AbortSignal.abort()
    await expect(outer.get('a', { signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(counts(PORT_METRICS.calls)).toMatchObject({
      'get ok': 1,
      'get unavailable': 1,
      'get answered': 1,
      'get aborted': 1,
      'put ok': 1,
      'put unavailable': 0,
    })
  })

  test('counts a method that throws before it returns a promise', () => {
    const { inner, outer, counts } = measured()
    inner.get = () => {
      throw baseError('TIMEOUT', 'at once')
    }
    expect(() => outer.get('a')).toThrow('at once')
    expect(counts(PORT_METRICS.calls)).toMatchObject({ 'get unavailable': 1, 'get ok': 0 })
  })

  test('times calls, successful or not, and only one of so many', async () => {
    const { clock, inner, outer, counts } = measured(3)
    const call = async (): Promise<void> => {
      const calling = outer.get('a').catch(() => {})
      clock.advance(10)
      await calling
    }
    for (let i = 0; i < 4; i++) await call()
    inner.fails = new Error('broken')
    for (let i = 0; i < 3; i++) await call()
    expect(counts(PORT_METRICS.calls)).toMatchObject({ 'get ok': 4, 'get answered': 3 })
    // The first, the fourth and the seventh: 10 ms each.
    expect(counts(`${PORT_METRICS.duration}_count`)).toMatchObject({ get: 3 })
    expect(counts(`${PORT_METRICS.duration}_sum`)['get']).toBeCloseTo(0.03)
  })

  test('counts the items of streams; reading half of them is no failure', async () => {
    const { clock, inner, outer, counts } = measured()
    for (const key of ['a', 'b', 'c']) await outer.put(key, bytes)
    const seen: string[] = []
    for await (const key of outer.keys()) {
      // What the reader does with an item is not the stream's time.
      clock.advance(1000)
      seen.push(key)
      if (seen.length === 2) break
    }
    inner.fails = baseError('TIMEOUT', 'torn')
    const reading = async (): Promise<void> => {
      for await (const key of outer.keys()) seen.push(key)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(seen).toEqual(['a', 'b', 'a'])
    expect(counts(PORT_METRICS.items)).toMatchObject({ keys: 3 })
    expect(counts(PORT_METRICS.calls)).toMatchObject({ 'keys ok': 1, 'keys unavailable': 1 })
    expect(counts(`${PORT_METRICS.duration}_count`)).toMatchObject({ keys: 2 })
    expect(counts(`${PORT_METRICS.duration}_sum`)).toMatchObject({ keys: 0 })
  })

  test('counts the events that subscribers were told', async () => {
    const { outer, counts } = measured()
    const seen: string[] = []
    const unsubscribe = outer.onChange((key) => seen.push(key))
    await outer.put('a', bytes)
    unsubscribe()
    await outer.put('b', bytes)
    expect(seen).toEqual(['a'])
    expect(counts(PORT_METRICS.events)).toMatchObject({ onChange: 1 })
    expect(counts(PORT_METRICS.calls)).toMatchObject({ 'onChange ok': 1 })
  })

  test('passes all else on, and an optional method only where there is one', async () => {
    const { inner, outer } = measured()
    await outer.start()
    expect([outer.label, inner.isStarted, Reflect.get(outer, 'drop')]).toEqual([
      'a shelf',
      true,
      undefined,
    ])
    await outer[Symbol.asyncDispose]()
    expect(inner.isStarted).toBe(false)
  })

  test('serves several components from one registry', async () => {
    const registry = new MetricRegistry()
    const metrics = new PortMetrics(registry)
    for (const component of ['one', 'two']) {
      const shelf = instrument<Shelf>(shelfPort, new MemoryShelf(), metrics, {
        component,
        clock: new ManualClock(),
      })
      await shelf.get('a')
    }
    expect(valuesOf(registry, PORT_METRICS.calls, ['component', 'op', 'outcome'])).toMatchObject({
      'one get ok': 1,
      'two get ok': 1,
    })
  })

  test('refuses a share that makes no sense', () => {
    for (const sampleEvery of [0, -1, 0.5, Number.NaN])
      expect(() => measured(sampleEvery)).toThrow(/integer from 1/)
  })
})
