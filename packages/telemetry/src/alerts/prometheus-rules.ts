import type { AlertRule, Condition, Term } from './alert-rule.js'

const UNITS_MS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** A duration as Prometheus writes it, in its greatest whole unit: `10m`. */
export const promDuration = (durationMs: number): string => {
  const [unit, unitMs] = UNITS_MS.find(([, ms]) => durationMs >= ms && durationMs % ms === 0) ?? [
    's',
    1000,
  ]
  return `${String(durationMs / unitMs)}${unit}`
}

const selector = ({ metric, where = {} }: Term): string => {
  const matchers = Object.entries(where).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`
}

const vector = (term: Term): string =>
  term.increaseOverMs === undefined
    ? selector(term)
    : `increase(${selector(term)}[${promDuration(term.increaseOverMs)}])`

const comparison = (condition: Condition): string => {
  const per = condition.per === undefined ? '' : ` / ${vector(condition.per)}`
  return `${vector(condition)}${per} ${condition.is} ${String(condition.than)}`
}

/** A condition in PromQL. Every `and` binds weaker than the comparisons that it joins. */
export const promExpression = (condition: Condition): string =>
  [
    comparison(condition),
    ...(condition.and === undefined ? [] : [promExpression(condition.and)]),
  ].join(' and ')

/** A text in YAML, whatever it holds. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const ruleLines = ({ name, severity, summary, remedy, forMs, when }: AlertRule): string[] => [
  `      - alert: ${name}`,
  `        expr: ${quoted(promExpression(when))}`,
  ...(forMs === 0 ? [] : [`        for: ${promDuration(forMs)}`]),
  '        labels:',
  `          severity: ${severity}`,
  '        annotations:',
  `          summary: ${quoted(summary)}`,
  `          description: ${quoted(remedy)}`,
]

/** The rules as a file that Prometheus loads (`rule_files`). */
export const formatPrometheusRules = (rules: readonly AlertRule[]): string =>
  [
    '# Written by `pnpm --filter @bzzz/telemetry run rules` from the table of alert rules; do not edit.',
    'groups:',
    '  - name: bzzz',
    '    rules:',
    ...rules.flatMap(ruleLines),
    '',
  ].join('\n')
