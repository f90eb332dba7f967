import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { MetricRegistry } from '../src/index.js'
import { createExposition } from '../src/node/index.js'

interface Line {
  readonly name: string
  readonly labels: Record<string, string>
  readonly value: string
}

const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' }

const unescape = (text: string): string =>
  text.replaceAll(/\\([^])/g, (_whole, escaped: string) => UNESCAPED[escaped] ?? `bad ${escaped}`)

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^\n]*)\})? (-?[0-9.e+-]+|\+Inf|-Inf|Nan)$/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[n\\"])*)"(?:,|$)/

const parseLabels = (text: string): Record<string, string> => {
  const match = LABEL.exec(text)
  if (match === null) {
    if (text !== '') throw new Error(`no label: ${text}`)
    return {}
  }
  const [whole, name = '', value = ''] = match
  return { [name]: unescape(value), ...parseLabels(text.slice(whole.length)) }
}

/** A strict reader of the text format 0.0.4: every line is a comment of a known kind or a sample. */
const parse = (text: string): Line[] =>
  text.split('\n').flatMap((line) => {
    if (line === '' || /^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* (?:[^\\\n]|\\[n\\])*$/.test(line))
      return []
    if (/^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (?:counter|gauge|histogram)$/.test(line)) return []
    const match = SAMPLE.exec(line)
    if (match === null) throw new Error(`no sample: ${line}`)
    const [, name = '', labels = '', value = ''] = match
    return [{ name, labels: parseLabels(labels), value }]
  })

const cut = (each: string): string => each.slice(0, 128).toWellFormed()

describe('the Prometheus exposition', () => {
  test('is the text that Prometheus expects', async () => {
    const registry = new MetricRegistry()
    registry.counters('ops_total', 'Operations.', ['op']).with('put').value = 3
    const histogram = registry.histogram('put_seconds', 'Writes.', { scale: 1e-6 })
    histogram.record(5)
    const exposition = createExposition(registry)
    expect(exposition.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    const lines = (await exposition.text()).split('\n')
    expect(lines).toContain('# HELP ops_total Operations.')
    expect(lines).toContain('# TYPE ops_total counter')
    expect(lines).toContain('ops_total{op="put"} 3')
    expect(lines).toContain('# TYPE put_seconds histogram')
    expect(lines).toContain('put_seconds_bucket{le="0.000004"} 0')
    expect(lines).toContain('put_seconds_bucket{le="0.000016"} 1')
    expect(lines).toContain('put_seconds_bucket{le="+Inf"} 1')
    expect(lines).toContain('put_seconds_count 1')
    expect(lines.filter((line) => line.startsWith('put_seconds_sum '))).toHaveLength(1)
    expect(lines.at(-1)).toBe('')
  })

  test('copies values at each call', async () => {
    const registry = new MetricRegistry()
    const gauge = registry.gauge('peers', 'Peers.')
    const exposition = createExposition(registry)
    gauge.value = 1
    expect(await exposition.text()).toContain('\npeers 1\n')
    gauge.value = -2.5
    expect(await exposition.text()).toContain('\npeers -2.5\n')
  })

  test('parses whatever labels, helps and values hold, and gives the labels back', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('"', '\\', '\n', '\r', '{', '}', ',', '=', 'n', '#', ' '),
      }),
    )
    const value = fc.oneof(fc.double(), fc.integer())
    await fc.assert(
      fc.asyncProperty(text, text, text, value, async (help, a, b, number) => {
        const registry = new MetricRegistry()
        registry.gauges('hostile', help, ['a', 'b']).with(a, b).value = number
        const lines = parse(await createExposition(registry).text())
        expect(lines.find(({ name }) => name === 'hostile')?.labels).toEqual({
          a: cut(a),
          b: cut(b),
        })
      }),
    )
  })

  test('has the process’s own metrics when asked', async () => {
    const whole = createExposition(new MetricRegistry(), { processMetrics: true })
    const names = parse(await whole.text()).map(({ name }) => name)
    expect(names).toContain('process_resident_memory_bytes')
    expect(names).toContain('bzzz_metric_label_overflow_total')
    const without = parse(await createExposition(new MetricRegistry()).text())
    expect(without.map(({ name }) => name)).toEqual(['bzzz_metric_label_overflow_total'])
  })
})
