import { envNameOf, flagNameOf, type FieldTable, type NamedField } from './field.js'
import { quote, type Problem } from './problem.js'
import { isServiceLink } from './service-links.js'
import { readText, type SourceReading, type Statement } from './statement.js'
import { closest } from './suggest.js'

export type Environment = Readonly<Record<string, string | undefined>>
/** Values by flag name without dashes. A flag without a value is `true`. */
export type Overrides = Readonly<Record<string, string | boolean | undefined>>

const gather = (results: readonly (Statement | Problem)[]): SourceReading => ({
  statements: results.filter((result) => 'field' in result),
  problems: results.filter((result) => 'kind' in result),
})

/** Names that start with one of our roots: `BZZZ_`, `RUSTLE_`. */
const prefixesOf = (table: FieldTable): readonly string[] => [
  ...new Set(table.named.map(({ path }) => `${path.split('.', 1)[0]?.toUpperCase() ?? ''}_`)),
]

/** The name by rule of a field that has another one is the likeliest mistake. */
const nearest = (
  name: string,
  fields: readonly NamedField[],
  names: { readonly rule: (path: string) => string; readonly of: (each: NamedField) => string },
): string | undefined => {
  const byRule = fields.find((each) => names.rule(each.path) === name)
  return byRule === undefined ? closest(name, fields.map(names.of)) : names.of(byRule)
}

/** An orchestrator made the variable of a service that is called like a section of ours. */
const fromService = (problem: Problem): Problem => ({
  ...problem,
  suggestion:
    'a service of this name set it: rename the service, or set enableServiceLinks: false in the pod',
})

/** Reads our variables out of an environment; others are not looked at. */
export const readEnvironment = (table: FieldTable, env: Environment): SourceReading => {
  const byName = new Map(table.named.map((each) => [each.env, each]))
  const others = new Set(Object.keys(table.otherVariables))
  const prefixes = prefixesOf(table)
  const results: (Statement | Problem)[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !prefixes.some((prefix) => variable.startsWith(prefix))) continue
    const place = { source: 'environment', variable } as const
    const found = byName.get(variable)
    if (found !== undefined) {
      const result = readText(found, place, text)
      results.push('kind' in result && isServiceLink(variable, text) ? fromService(result) : result)
      continue
    }
    if (others.has(variable) || isServiceLink(variable, text)) continue
    const near = nearest(variable, table.named, { rule: envNameOf, of: (each) => each.env })
    results.push({
      kind: 'unknown',
      place: { source: 'environment', variable: variable.slice(0, 100) },
      message: 'no setting has this name',
      suggestion: near === undefined ? 'unset it' : `did you mean ${near}?`,
    })
  }
  return gather(results)
}

/** Reads what the command line states, by flag name. */
export const readOverrides = (table: FieldTable, overrides: Overrides): SourceReading => {
  const byName = new Map(table.named.map((each) => [each.flag, each]))
  const results: (Statement | Problem)[] = []
  for (const [flag, value] of Object.entries(overrides)) {
    if (value === undefined) continue
    const place = { source: 'flag', flag } as const
    const found = byName.get(flag)
    if (found !== undefined) {
      results.push(readText(found, place, String(value)))
      continue
    }
    const near = nearest(flag, table.named, { rule: flagNameOf, of: (each) => each.flag })
    results.push({
      kind: 'unknown',
      place,
      message: `no setting has the flag ${quote(flag)}`,
      suggestion: near === undefined ? undefined : `did you mean --${near}?`,
    })
  }
  return gather(results)
}
