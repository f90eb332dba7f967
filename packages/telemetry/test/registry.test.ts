import { describe, expect, test } from '@jest/globals'
import { LABEL_SETS_MAX, METRICS_MAX, MetricRegistry, type MetricSnapshot } from '../src/index.js'
import { thrownCode } from './support.js'

const find = (registry: MetricRegistry, name: string): MetricSnapshot | undefined =>
  registry.collect().find((each) => each.name === name)

describe('the metric registry', () => {
  test('collects what the plain objects hold at that moment', () => {
    const registry = new MetricRegistry()
    const counter = registry.counter('puts_total', 'Writes.')
    const gauge = registry.gauge('peers', 'Peers.')
    counter.value++
    gauge.value = 3
    expect(find(registry, 'puts_total')).toEqual({
      name: 'puts_total',
      help: 'Writes.',
      type: 'counter',
      samples: [{ suffix: '', labels: {}, value: 1 }],
    })
    gauge.value = 2
    expect(find(registry, 'peers')?.samples[0]?.value).toBe(2)
  })

  test('reads a gauge from its function, and leaves it out when that throws', () => {
    const registry = new MetricRegistry()
    let bytes: number | undefined = 7
    registry.gaugeFrom('store_bytes', 'Size.', () => {
      if (bytes === undefined) throw new Error('closed')
      return bytes
    })
    expect(find(registry, 'store_bytes')?.samples).toMatchObject([{ value: 7 }])
    bytes = undefined
    expect(find(registry, 'store_bytes')?.samples).toEqual([])
  })

  test('gives one object for one set of label values', () => {
    const registry = new MetricRegistry()
    const family = registry.counters('ops_total', 'Operations.', ['op', 'outcome'])
    family.with('put', 'ok').value++
    family.with('put', 'ok').value++
    family.with('get', 'ok').value++
    // Joined without care, these two would be one.
    family.with('a","b', 'c').value++
    family.with('a', 'b","c').value++
    expect(
      find(registry, 'ops_total')?.samples.map(({ labels, value }) => [labels, value]),
    ).toEqual([
      [{ op: 'put', outcome: 'ok' }, 2],
      [{ op: 'get', outcome: 'ok' }, 1],
      [{ op: 'a","b', outcome: 'c' }, 1],
      [{ op: 'a', outcome: 'b","c' }, 1],
    ])
    expect(thrownCode(() => family.with('put'))).toBe('METRIC_LABELS_INVALID')
    expect(thrownCode(() => family.with('put', 'ok', 'x'))).toBe('METRIC_LABELS_INVALID')
  })

  test('counts label sets beyond the limit together, and says so', () => {
    const registry = new MetricRegistry()
    const family = registry.gauges('peer_rtt', 'Round trip.', ['peer'])
    const first = family.with('0')
    for (let i = 1; i < LABEL_SETS_MAX + 500; i++) family.with(String(i)).value++
    expect(family.size).toBe(LABEL_SETS_MAX)
    expect(family.with('0')).toBe(first)
    expect(family.with('other').value).toBe(501)
    expect(find(registry, 'peer_rtt')?.samples).toHaveLength(LABEL_SETS_MAX)
    const overflow = find(registry, 'bzzz_metric_label_overflow_total')
    expect(overflow?.samples[0]?.value).toBe(501)
  })

  test('cuts long label values, and mends what is not well-formed', () => {
    const registry = new MetricRegistry()
    const family = registry.counters('ops_total', 'Operations.', ['op'])
    family.with('x'.repeat(1_000_000)).value++
    expect(family.with('x'.repeat(128)).value).toBe(1)
    family.with('\ud800').value++
    expect(family.with('\ufffd').value).toBe(1)
  })

  test('has a histogram as cumulative buckets in the scaled unit', () => {
    const registry = new MetricRegistry()
    const histogram = registry.histogram('put_seconds', 'Writes.', { scale: 1e-6 })
    for (const micros of [1, 3, 4, 5, 1_000_000]) histogram.record(micros)
    const samples = find(registry, 'put_seconds')?.samples ?? []
    const buckets = samples
      .filter(({ suffix }) => suffix === '_bucket')
      .map(({ labels, value }) => [labels['le'], value])
    expect(buckets).toHaveLength(18)
    expect(buckets.slice(0, 3)).toEqual([
      ['0.000001', 1],
      ['0.000004', 3],
      ['0.000016', 4],
    ])
    expect(buckets.slice(-2)).toEqual([
      ['4294.967296', 5],
      ['+Inf', 5],
    ])
    const [sum, count] = samples.slice(-2)
    expect(sum?.value).toBeCloseTo(1.000013, 9)
    expect(count).toEqual({ suffix: '_count', labels: {}, value: 5 })
  })

  test('labels histograms, too', () => {
    const registry = new MetricRegistry()
    registry.histograms('op_seconds', 'Operations.', ['op']).with('get').record(1)
    const [bucket] = find(registry, 'op_seconds')?.samples ?? []
    expect(bucket).toEqual({ suffix: '_bucket', labels: { op: 'get', le: '1' }, value: 1 })
  })

  test.each(['', '1a', 'a b', 'a-b', 'a\nb', 'ä', '__proto__ ', 'a{b="c"}', 'x'.repeat(201)])(
    'refuses the metric name %j',
    (name) => {
      const registry = new MetricRegistry()
      expect(thrownCode(() => registry.counter(name, ''))).toBe('METRIC_NAME_INVALID')
    },
  )

  test.each([['le'], ['__name__'], ['a:b'], [''], ['a b'], ['a\n'], ['x'.repeat(65)]])(
    'refuses the label name %j',
    (label) => {
      const registry = new MetricRegistry()
      expect(thrownCode(() => registry.gauges('a', '', [label]))).toBe('METRIC_NAME_INVALID')
      expect(thrownCode(() => registry.gauges('a', '', ['b', 'b']))).toBe('METRIC_NAME_INVALID')
    },
  )

  test('has each name once, and a limit', () => {
    const registry = new MetricRegistry()
    registry.counter('__proto__', '')
    registry.counter('a', '')
    expect(thrownCode(() => registry.histogram('a', ''))).toBe('METRIC_NAME_TAKEN')
    const rest = METRICS_MAX - registry.collect().length
    for (let i = 0; i < rest; i++) registry.counter(`m${String(i)}`, '')
    expect(thrownCode(() => registry.counter('one_more', ''))).toBe('METRIC_LIMIT')
  })
})
