import type { SwitchEvent } from '@bzzz/hybrid'
import type { ActiveAlert } from '@bzzz/telemetry'
import type { DrillChange } from './drill-desk.js'
import type { SwitchItem } from './switch-log.js'

const iso = (ms: number): string => new Date(ms).toISOString()

/** A switch of a hybrid as listeners are told of it. */
export const switchItem = ({ atMs, ...event }: SwitchEvent): SwitchItem => ({
  ...event,
  at: iso(atMs),
})

/** A drill as listeners are told of it. */
export const drillItem = ({ kind, drill, reason }: DrillChange, nowMs: number): SwitchItem => {
  const { component, fault } = drill
  const change = { component, fault, reason, at: iso(nowMs) }
  return kind === 'drill-started'
    ? { kind, ...change, endsAt: iso(drill.endsAtMs) }
    : { kind, ...change }
}

/** An alert as listeners are told of it. */
export const alertItem = (
  kind: 'alert-fired' | 'alert-cleared',
  { name, severity, summary, labels }: ActiveAlert,
  atMs: number,
): SwitchItem => ({
  kind,
  name,
  severity,
  summary,
  ...(labels.component !== undefined && { component: labels.component }),
  at: iso(atMs),
})
