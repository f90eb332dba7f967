import { describe, expect, test } from '@jest/globals'
import { Histogram, LABEL_SETS_MAX, MetricRegistry, type Observed } from '../src/index.js'
import { valuesOf } from './support.js'

const gauge = (name: string, ...labelNames: readonly string[]) => ({
  name,
  help: `${name}.`,
  type: 'gauge' as const,
  labelNames,
})

const observing = (read: () => Iterable<Observed>): MetricRegistry => {
  const registry = new MetricRegistry()
  registry.observe([gauge('first'), gauge('second', 'room')], read)
  return registry
}

describe('observed metrics', () => {
  test('are read together, once for each collection that wants any of them', () => {
    let reads = 0
    const registry = observing(() => {
      reads++
      return [
        { name: 'first', labels: [], value: reads },
        { name: 'second', labels: ['hall'], value: reads },
      ]
    })
    expect(valuesOf(registry, 'second', ['room'])).toEqual({ hall: 1 })
    registry.collect(new Set(['first', 'second']))
    expect(reads).toBe(2)
    registry.collect(new Set(['bzzz_metric_label_overflow_total']))
    expect(reads).toBe(2)
  })

  test('are all left out when the reading throws, however far it came', () => {
    const registry = observing(function* () {
      yield { name: 'first', labels: [], value: 1 }
      throw new Error('not now')
    })
    expect(valuesOf(registry, 'first', [])).toEqual({})
  })

  test('are bounded in number and in length, whatever is read', () => {
    const registry = observing(function* () {
      for (let i = 0; i < LABEL_SETS_MAX + 7; i++)
        yield { name: 'second', labels: [String(i)], value: i }
      yield { name: 'first', labels: [], value: 1 }
      yield { name: 'unknown', labels: [], value: 1 }
    })
    const values = valuesOf(registry, 'second', ['room'])
    expect(Object.keys(values)).toHaveLength(LABEL_SETS_MAX)
    expect(valuesOf(registry, 'first', [])).toEqual({ '': 1 })
    // Two collections until now, of seven too many each.
    expect(valuesOf(registry, 'bzzz_metric_label_overflow_total', [])).toEqual({ '': 14 })
    const long = observing(() => [{ name: 'second', labels: ['x'.repeat(1000)], value: 1 }])
    expect(Object.keys(valuesOf(long, 'second', ['room']))).toEqual(['x'.repeat(128)])
  })

  test('may be histograms that somebody else records', () => {
    const histogram = new Histogram()
    histogram.record(3_000_000)
    const registry = new MetricRegistry()
    const took = { ...gauge('took_seconds'), type: 'histogram' as const, scale: 1e-6 }
    registry.observe([took], () => [{ name: 'took_seconds', labels: [], value: histogram }])
    expect(valuesOf(registry, 'took_seconds_sum', [])).toEqual({ '': 3 })
    expect(valuesOf(registry, 'took_seconds_bucket', ['le'])).toMatchObject({ '+Inf': 1 })
  })

  test('have names of their own', () => {
    const registry = observing(() => [])
    expect(() => {
      registry.observe([gauge('first')], () => [])
    }).toThrow(/is registered/)
    expect(() => {
      registry.observe([gauge('no-name')], () => [])
    }).toThrow(/no metric name/)
  })
})
