import type { OutputOf } from '@bzzz/api'
import type { Io } from '../io.js'
import { palette, printable, printableLine, table } from '../text.js'

type Alerts = OutputOf<'alerts'>['alerts']
type Drills = OutputOf<'drill.status'>['drills']

/** One line each; nothing for none. */
export const alertsText = (alerts: Alerts, io: Io): string => {
  const { bad, warn, faint } = palette(io)
  return alerts
    .map(({ name, severity, summary, remedy, component, since }) => {
      const mark = severity === 'critical' ? bad(severity) : warn(printableLine(severity))
      const whose = component === undefined ? '' : ` of ${printableLine(component)}`
      const line = `${mark} ${printableLine(name)}${whose}: ${printableLine(summary)} (since ${printableLine(since)})`
      return remedy === undefined
        ? `${line}\n`
        : `${line}\n${faint(`  ${printableLine(remedy)}`)}\n`
    })
    .join('')
}

/** One line each; nothing for none. */
export const drillsText = (drills: Drills, io: Io): string => {
  const { warn } = palette(io)
  return drills
    .map(({ component, fault, share, latencyMs, endsAt }) => {
      const what = latencyMs === undefined ? fault : `${fault} of up to ${latencyMs} ms`
      const calls = share < 1 ? ` for ${Math.round(share * 100)} % of the calls` : ''
      return `${warn('drill')} ${printableLine(component)}: ${what}${calls}, until ${printableLine(endsAt)}\n`
    })
    .join('')
}

export const renderAlerts = ({ alerts }: OutputOf<'alerts'>, io: Io): void => {
  io.out(alerts.length === 0 ? 'no alert is on\n' : alertsText(alerts, io))
}

export const renderDrills = ({ drills }: OutputOf<'drill.status'>, io: Io): void => {
  io.out(drills.length === 0 ? 'no drill is on\n' : drillsText(drills, io))
}

export const renderDeadLetters = (output: OutputOf<'dead-letters'>, io: Io): void => {
  const { deadLetters, isMore } = output
  if (deadLetters.length === 0) {
    io.out('no dead letters\n')
    return
  }
  const rows = deadLetters.map(({ component, key, code, problem, tries, at }) => [
    component,
    key,
    code,
    String(tries),
    at,
    problem,
  ])
  io.out(`${table([['COMPONENT', 'KEY', 'CODE', 'TRIES', 'AT', 'PROBLEM'], ...rows])}\n`)
  if (isMore) io.out('and more\n')
}

const number = (value: number | undefined, digits: number): string =>
  value === undefined ? '-' : value.toFixed(digits)

const percentage = (share: number): string => `${(share * 100).toFixed(2)} %`

/** Counts and latencies of both sides, and what happened between them. */
export const renderMetrics = ({ components }: OutputOf<'metrics.hybrid'>, io: Io): void => {
  const rows = components.flatMap(({ component, metrics, details }) => {
    const { mock, real } = details.latency
    const quantiles = (side: typeof mock): readonly string[] =>
      [side.p50, side.p95, side.p99].map((value) => number(value, 2))
    return [
      [
        component,
        'mock',
        String(metrics.mock_requests),
        percentage(metrics.error_rate_mock),
        number(metrics.avg_latency_mock, 2),
        ...quantiles(mock),
      ],
      [
        component,
        'real',
        String(metrics.real_requests),
        percentage(metrics.error_rate_real),
        number(metrics.avg_latency_real, 2),
        ...quantiles(real),
      ],
    ]
  })
  const head = ['COMPONENT', 'SIDE', 'REQUESTS', 'ERRORS', 'MEAN MS', 'P50 MS', 'P95 MS', 'P99 MS']
  io.out(`${table([head, ...rows])}\n`)
  for (const { component, metrics, details } of components)
    io.out(
      printable(
        `${component}: ${metrics.fallback_events} fallbacks, ${metrics.recovery_events} recoveries; ` +
          `${details.fallback_answers} calls answered by the store instead, ${details.unavailable_reads} reads unavailable, ` +
          `${details.pending_writes} writes pending\n`,
      ),
    )
}
