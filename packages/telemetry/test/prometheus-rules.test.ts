import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import {
  ALERT_RULES,
  formatPrometheusRules,
  HYBRID_METRICS,
  metricsOf,
  promExpression,
  STORE_METRICS,
  type AlertRule,
} from '../src/index.js'
import { promDuration } from '../src/alerts/prometheus-rules.js'

const file = new URL('../../../deploy/prometheus/bzzz-rules.yaml', import.meta.url)

/** What Prometheus takes in a rule; any other field makes it refuse the file. */
const FIELDS = ['alert', 'annotations', 'expr', 'for', 'labels']

/** Places at which Prometheus' own grammar finds no expression. */
const syntaxErrors = (expression: string): number => {
  let errors = 0
  parser.parse(expression).iterate({
    enter: ({ type }) => {
      if (type.isError) errors++
    },
  })
  return errors
}

describe('the Prometheus rules', () => {
  test('the file is as the table says (else run `pnpm --filter @bzzz/telemetry run rules`)', () => {
    expect(readFileSync(file, 'utf8')).toBe(formatPrometheusRules(ALERT_RULES))
  })

  test('every rule is there, in the fields that Prometheus knows', () => {
    const document = parse(formatPrometheusRules(ALERT_RULES), { strict: true }) as {
      groups: { name: string; rules: Record<string, unknown>[] }[]
    }
    expect(Object.keys(document)).toEqual(['groups'])
    const [group, ...others] = document.groups
    expect(others).toEqual([])
    for (const rule of group?.rules ?? [])
      expect(Object.keys(rule).filter((field) => !FIELDS.includes(field))).toEqual([])
    const rows = group?.rules.map(({ alert, expr, annotations, labels }) => [
      alert,
      expr,
      annotations,
      labels,
    ])
    expect(rows).toEqual(
      ALERT_RULES.map(({ name, when, summary, remedy, severity }) => [
        name,
        promExpression(when),
        { summary, description: remedy },
        { severity },
      ]),
    )
  })

  test('every expression is PromQL by its own grammar', () => {
    expect(syntaxErrors('increase(up[5m]) ≥ 6')).toBeGreaterThan(0)
    expect(syntaxErrors('up[5m')).toBeGreaterThan(0)
    for (const { name, when } of ALERT_RULES)
      expect([name, syntaxErrors(promExpression(when))]).toEqual([name, 0])
  })

  test('the rules look at metrics of the shared list only', () => {
    const known: readonly string[] = [
      ...Object.values(HYBRID_METRICS),
      ...Object.values(STORE_METRICS),
    ]
    expect(Array.from(metricsOf(ALERT_RULES)).filter((name) => !known.includes(name))).toEqual([])
  })

  test('the test for promtool expects each of them', () => {
    const text = readFileSync(new URL('bzzz-rules.test.yaml', file), 'utf8')
    const expected = Array.from(text.matchAll(/alertname="(\w+)"/g), ([, name]) => name)
    expect(expected).toEqual(ALERT_RULES.map(({ name }) => name))
  })

  test('texts hold no template, which Prometheus would expand', () => {
    for (const { summary, remedy } of ALERT_RULES) expect(summary + remedy).not.toContain('{{')
  })
})

describe('the generator', () => {
  test('writes durations in their greatest whole unit', () => {
    const written = [1500, 1000, 90_000, 600_000, 7_200_000, 86_400_000].map(promDuration)
    expect(written).toEqual(['1500ms', '1s', '90s', '10m', '2h', '1d'])
  })

  test('quotes what YAML and PromQL would take for something else', () => {
    const rule: AlertRule = {
      name: 'Odd',
      severity: 'info',
      summary: "it's: # odd\\",
      remedy: '',
      forMs: 0,
      when: { metric: 'm', where: { path: 'a"b\\c' }, is: '<', than: -1 },
    }
    const { groups } = parse(formatPrometheusRules([rule])) as {
      groups: [{ rules: [{ expr: string; annotations: { summary: string } }] }]
    }
    const [written] = groups[0].rules
    expect(written.annotations.summary).toBe(rule.summary)
    expect(written.expr).toBe('m{path="a\\"b\\\\c"} < -1')
    expect(syntaxErrors(written.expr)).toBe(0)
  })
})
