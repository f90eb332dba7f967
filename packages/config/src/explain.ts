import type { Fields, FieldTable, NamedField } from './field.js'
import type { Loaded } from './load.js'
import { formatPlace, type Place } from './problem.js'

/** One field as `bzzz config explain` shows it. */
export interface Explained {
  readonly path: string
  readonly variable: string
  readonly flag: string
  /** As it may be written; `(secret)` for a secret, empty when nothing is set. */
  readonly value: string
  readonly source: 'default' | 'yaml' | 'env' | 'flag'
  /** `bzzz.yaml:3:5`, a variable or a flag; undefined for a default. */
  readonly place?: string | undefined
  /** Places whose statements this one overrode. */
  readonly overrides: readonly string[]
  /** `accepted, not read yet: <component>`, what the field stands for, or the fields that stated it. */
  readonly note?: string | undefined
}

const SOURCES = { file: 'yaml', environment: 'env', flag: 'flag' } as const

const sourceOf = (place: Place | undefined): Explained['source'] =>
  place === undefined ? 'default' : SOURCES[place.source]

/** A value as text; never that of a secret. */
const show = (field: NamedField, value: unknown): string => {
  if (value === undefined) return ''
  return field.secret === true ? '(secret)' : field.type.format(value)
}

const noteOf = (
  field: NamedField,
  table: FieldTable,
  because: string | undefined,
): string | undefined => {
  if (because !== undefined) return because
  if (field.reserved !== undefined) return `accepted, not read yet: ${field.reserved}`
  if (field.selects === undefined) return undefined
  const selector = table.selectors.find((each) => each.from.includes(field.key))
  const onto = table.named.find((each) => each.key === selector?.onto)
  return `another way to state ${onto?.path ?? ''}`
}

/** The value and the source of each field, in the order of the table. */
export const explain = <F extends Fields>(
  table: FieldTable<F>,
  { config, origins }: Loaded<F>,
): readonly Explained[] =>
  table.named.map((field) => {
    const { place, overridden, because }: Loaded['origins'][string] = origins[field.key] ?? {
      place: undefined,
      overridden: [],
    }
    return {
      path: field.path,
      variable: field.env,
      flag: field.flag,
      value: show(field, config[field.key]),
      source: sourceOf(place),
      place: place === undefined ? undefined : formatPlace(place),
      overrides: overridden.map(formatPlace),
      note: noteOf(field, table, because),
    }
  })

/** The rows of {@link explain} as columns for a terminal. */
export const formatExplained = (rows: readonly Explained[]): string => {
  const cells = rows.map((row) => [
    row.path,
    row.value === '' ? '-' : row.value,
    row.place === undefined ? row.source : `${row.source} ${row.place}`,
    [row.note, ...row.overrides.map((place) => `overrides ${place}`)].filter(Boolean).join('; '),
  ])
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
