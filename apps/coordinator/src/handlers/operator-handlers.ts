import { apiError, formatVersion, type Handlers, type OutputOf } from '@bzzz/api'
import type { DeadLetter, HybridDetails, HybridHealth, Quantiles } from '@bzzz/hybrid'
import type { ActiveAlert } from '@bzzz/telemetry'
import { componentNamed, type Component } from '../operate/component.js'
import type { DrillDesk } from '../operate/drill-desk.js'
import type { ModeDesk } from '../operate/mode-desk.js'

/** What the operations of operators are served from. */
export interface OperatorMeans {
  readonly components: readonly Component[]
  readonly desk: ModeDesk
  readonly drills: DrillDesk
  readonly alerts: () => readonly ActiveAlert[]
}

type Drills = OutputOf<'drill.status'>['drills']
type Alerts = OutputOf<'alerts'>['alerts']
type HybridRow = OutputOf<'metrics.hybrid'>['components'][number]

/** Whoever has the token: there is one, and it is the operator's. */
const ACTOR = 'operator'

/** Dead letters that one answer lists; more of them have one cause, which these show. */
const DEAD_LETTERS_LISTED_MAX = 1_000

const iso = (ms: number): string => new Date(ms).toISOString()

export const drillRows = (drills: DrillDesk): Drills =>
  drills.list().map(({ startedAtMs, endsAtMs, latencyMs, ...drill }) => ({
    ...drill,
    ...(latencyMs !== undefined && { latencyMs }),
    startedAt: iso(startedAtMs),
    endsAt: iso(endsAtMs),
  }))

export const alertRows = (alerts: readonly ActiveAlert[]): Alerts =>
  alerts.map(({ name, severity, summary, remedy, labels, sinceMs }) => ({
    name,
    severity,
    summary,
    remedy,
    ...(labels.component !== undefined && { component: labels.component }),
    since: iso(sinceMs),
  }))

const quantiles = ({ p50, p95, p99 }: Quantiles): HybridRow['details']['latency']['mock'] => ({
  ...(p50 !== undefined && { p50 }),
  ...(p95 !== undefined && { p95 }),
  ...(p99 !== undefined && { p99 }),
})

const detailsRow = ({
  latency,
  shadow_samples,
  ...counts
}: HybridDetails): HybridRow['details'] => ({
  ...counts,
  latency: { mock: quantiles(latency.mock), real: quantiles(latency.real) },
  shadow_samples: shadow_samples.map(({ op, key, atMs }) => ({ op, key, at: iso(atMs) })),
})

/** A health row with its further fields, for people and programs alike. */
export const healthRow = ({ reason, ...row }: HybridHealth): HybridRow['health'] => ({
  ...row,
  ...(reason !== undefined && { reason }),
})

const hybridRow = ({ name, controls }: Component): HybridRow => ({
  component: name,
  metrics: controls.metrics(),
  details: detailsRow(controls.details()),
  health: healthRow(controls.health()),
})

const letterRow = (
  component: string,
  { key, opId, version, code, problem, tries, atMs }: DeadLetter,
): OutputOf<'dead-letters'>['deadLetters'][number] => ({
  component,
  key,
  opId,
  version: formatVersion(version),
  code,
  problem,
  tries,
  at: iso(atMs),
})

const retry = (
  components: readonly Component[],
  key: string,
  name: string | undefined,
): OutputOf<'dead-letters.retry'> => {
  const chosen = name === undefined ? components : [componentNamed(components, name)]
  const found = chosen.find(({ controls }) => controls.retry(key))
  if (found !== undefined) return { component: found.name, key }
  throw apiError(
    'API_DEAD_LETTER_NOT_FOUND',
    `there is no dead letter under ${JSON.stringify(key)}`,
  )
}

type OperatorOperation =
  | 'mode'
  | 'mode.set'
  | 'mode.clear'
  | 'rollback'
  | 'metrics.hybrid'
  | 'dead-letters'
  | 'dead-letters.retry'
  | 'drill.start'
  | 'drill.stop'
  | 'drill.status'
  | 'alerts'

/** The operations by which operators see and switch the sides of this node. */
export const operatorHandlers = ({
  components,
  desk,
  drills,
  alerts,
}: OperatorMeans): Pick<Handlers, OperatorOperation> => {
  const drillAnswer = (): OutputOf<'drill.status'> => ({ drills: drillRows(drills) })
  return {
    mode: async ({ component }) => ({ components: desk.rows(component) }),
    'mode.set': async (input) => ({ components: await desk.set({ ...input, actor: ACTOR }) }),
    'mode.clear': async (input) => ({ components: await desk.clear({ ...input, actor: ACTOR }) }),
    rollback: async (input) => ({ components: await desk.rollback({ ...input, actor: ACTOR }) }),
    'metrics.hybrid': async () => ({ components: components.map(hybridRow) }),
    'dead-letters': async () => {
      const letters = components.flatMap(({ name, controls }) =>
        controls.deadLetters().map((letter) => letterRow(name, letter)),
      )
      return {
        deadLetters: letters.slice(0, DEAD_LETTERS_LISTED_MAX),
        isMore: letters.length > DEAD_LETTERS_LISTED_MAX,
      }
    },
    'dead-letters.retry': async ({ key, component }) => retry(components, key, component),
    'drill.start': async (input) => {
      await drills.begin({ ...input, actor: ACTOR })
      return drillAnswer()
    },
    'drill.stop': async ({ component }) => {
      await drills.end(ACTOR, component)
      return drillAnswer()
    },
    'drill.status': async () => drillAnswer(),
    alerts: async () => ({ alerts: alertRows(alerts()) }),
  }
}
