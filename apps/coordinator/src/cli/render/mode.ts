import type { OutputOf } from '@bzzz/api'
import type { Io } from '../io.js'
import { bytes, palette, printableLine, table } from '../text.js'

export type ModeRow = OutputOf<'mode'>['components'][number]

/** `hybrid 10 %`, `mock`. */
export const settingText = ({ mode, percent }: Pick<ModeRow, 'mode' | 'percent'>): string =>
  mode === 'hybrid' ? `hybrid ${percent} %` : mode

const HEAD = ['COMPONENT', 'MODE', 'SERVING', 'PHASE', 'SOURCE', 'BACKLOG', 'DEAD LETTERS']

const sourceText = ({ source, mode }: ModeRow): string =>
  mode !== 'hybrid' || source.mode === source.percent
    ? source.mode
    : `${source.mode}, percent: ${source.percent}`

const cells = (row: ModeRow): readonly string[] => [
  row.component,
  settingText(row),
  row.serving,
  row.phase,
  sourceText(row),
  row.mode === 'mock' ? '-' : `${row.backlog.keys} keys, ${bytes(row.backlog.bytes)}`,
  String(row.deadLetters),
]

const overrideText = ({ override }: ModeRow): readonly string[] => {
  if (override === undefined) return []
  const { until, actor, reason } = override
  const by = actor === undefined ? '' : ` by ${actor}`
  const why = reason === undefined ? '' : `: ${reason}`
  return [`overridden${by} ${until === undefined ? 'until taken back' : `until ${until}`}${why}`]
}

/** `copying 12 of 4096 ranges, 120 records`. */
export const copyText = ({ change }: ModeRow): string => {
  const { to, copy } = change ?? {}
  const entering = to === undefined ? '' : `entering ${settingText(to)}`
  if (copy === undefined) return entering
  return `${entering}: compared ${copy.done} of ${copy.total} ranges, fetched ${copy.fetched} records`
}

const changeText = (row: ModeRow): readonly string[] => {
  const { change } = row
  if (change === undefined || change.state === 'done') return []
  if (change.state === 'running') return [copyText(row)]
  if (change.error?.code === 'OVERRIDE_NOT_KEPT') return [change.error.message]
  const problem = change.error === undefined ? '' : `: ${change.error.message}`
  return [`${settingText(change.to)} was not entered${problem}`]
}

const INCOMPLETE = 'left the mesh without a copy: what is not here is unavailable'

/** What a row of the table has no room for. */
const remarks = (row: ModeRow): readonly string[] => [
  ...(row.reason === undefined ? [] : [row.reason]),
  ...(row.isComplete || row.reason !== undefined ? [] : [INCOMPLETE]),
  ...overrideText(row),
  ...changeText(row),
]

/** How each component stands, as a table with remarks under it. */
export const modeText = (rows: readonly ModeRow[], io: Io): string => {
  const { faint } = palette(io)
  const lines = rows.flatMap((row) =>
    remarks(row).map((text) => faint(`  ${printableLine(`${row.component}: ${text}`)}`)),
  )
  return `${[table([HEAD, ...rows.map(cells)]), ...lines].join('\n')}\n`
}
