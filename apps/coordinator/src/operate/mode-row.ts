import type { Override } from '@bzzz/hybrid/flags'
import type { Component } from './component.js'
import type { ModeChange } from './mode-change.js'
import type { ModeRow } from './mode-desk.js'
import type { SettingSources } from './setting-sources.js'

const iso = (ms: number): string => new Date(ms).toISOString()

const overrideRow = ({ untilMs, mode, percent, actor, reason }: Override): ModeRow['override'] => ({
  ...(mode !== undefined && { mode }),
  ...(percent !== undefined && { percent }),
  ...(untilMs !== undefined && { until: iso(untilMs) }),
  actor,
  ...(reason !== undefined && { reason }),
})

const changeRow = ({ to, state, atMs, isNow, error, copy }: ModeChange): ModeRow['change'] => ({
  to,
  state,
  at: iso(atMs),
  isNow,
  ...(error !== undefined && { error }),
  ...(copy !== undefined && { copy: { ...copy } }),
})

/** How a component stands, as operators are shown it. */
export const modeRow = (
  { name, controls }: Component,
  sources: SettingSources,
  change: ModeChange | undefined,
): ModeRow => {
  const { setting, serving, phase, isComplete } = controls
  const { reason } = controls.health()
  const { keys, bytes, bytesMax } = controls.backlog()
  const override = sources.overrideOf(name)
  return {
    component: name,
    mode: setting.mode,
    percent: setting.percent,
    serving,
    phase,
    isComplete,
    source: sources.sourceOf(name),
    backlog: { keys, bytes, bytesMax },
    deadLetters: controls.deadLetters().length,
    ...(reason !== undefined && { reason }),
    ...(override !== undefined && { override: overrideRow(override) }),
    ...(change !== undefined && { change: changeRow(change) }),
  }
}
