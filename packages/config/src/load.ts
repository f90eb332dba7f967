import { invalidConfig } from './errors.js'
import type { ConfigOf, Fields, FieldTable } from './field.js'
import type { Place, Problem } from './problem.js'
import { applySelectors, checkAgreements, type Stated, type Unused } from './select.js'
import { readEnvironment, readOverrides, type Environment, type Overrides } from './text-sources.js'
import type { YamlText } from './yaml-document.js'
import { readYaml } from './yaml-source.js'

/** The texts that settings come from, weakest first; each is optional. */
export interface Sources {
  readonly file?: YamlText | undefined
  readonly env?: Environment | undefined
  readonly overrides?: Overrides | undefined
}

/** Where the value of a field comes from. */
export interface Origin {
  /** Undefined: the default. */
  readonly place: Place | undefined
  /** Weaker statements that it overrode, weakest first. */
  readonly overridden: readonly Place[]
  /** Where other fields stated it: which ones, and what they mean together. */
  readonly because?: string | undefined
}

/** Something was accepted, and has no effect. */
export interface Notice {
  readonly place: Place
  readonly path: string
  readonly message: string
}

export interface Loaded<F extends Fields = Fields> {
  readonly config: ConfigOf<F>
  readonly origins: { readonly [K in keyof F]: Origin }
  readonly notices: readonly Notice[]
}

const noticesOf = (
  table: FieldTable,
  stated: Stated,
  unused: readonly Unused[],
): readonly Notice[] => [
  ...table.named.flatMap((field) => {
    const place = stated.get(field.key)?.at(-1)?.place
    return field.reserved === undefined || place === undefined
      ? []
      : [{ place, path: field.path, message: `accepted, not read yet: ${field.reserved}` }]
  }),
  ...unused.map(({ statement: { field, place }, reason }) => ({
    place,
    path: field.path,
    message: `${field.path} has no effect: ${reason}`,
  })),
]

/**
 * Makes a configuration of a table and its sources: default, file, environment, command line,
 * the later the stronger. Throws one `CONFIG_INVALID` that lists every problem of every source.
 */
export const loadConfig = <F extends Fields>(
  table: FieldTable<F>,
  { file, env = {}, overrides = {} }: Sources,
): Loaded<F> => {
  const readings = [
    ...(file === undefined ? [] : [readYaml(table, file)]),
    readEnvironment(table, env),
    readOverrides(table, overrides),
  ]
  const problems: Problem[] = readings.flatMap((reading) => reading.problems)
  const stated: Stated = new Map()
  for (const statement of readings.flatMap((reading) => reading.statements))
    stated.set(statement.field.key, [...(stated.get(statement.field.key) ?? []), statement])
  const selected = applySelectors(table, stated)
  problems.push(...selected.problems)
  const values: [string, unknown][] = []
  const origins: [string, Origin][] = []
  for (const field of table.named) {
    const all = stated.get(field.key) ?? []
    const winner = all.at(-1)
    values.push([field.key, winner === undefined ? field.default : winner.value])
    const overridden = all.slice(0, -1).map((each) => each.place)
    origins.push([field.key, { place: winner?.place, overridden, because: winner?.because }])
  }
  const config = Object.freeze(Object.fromEntries(values))
  problems.push(...checkAgreements(table, stated, (key) => config[key]))
  if (problems.length > 0) throw invalidConfig(problems)
  return {
    config: config as ConfigOf<F>,
    origins: Object.freeze(Object.fromEntries(origins)) as Loaded<F>['origins'],
    notices: noticesOf(table, stated, selected.unused),
  }
}
