import { baseError } from '@bzzz/base'
import type { ValueType } from './value-type.js'

/** One setting, as its table states it. `T` is the type of its value in the configuration. */
export interface Field<T> {
  /** Where it stands in the YAML file: `bzzz.http.port`. */
  readonly path: string
  /** Environment variable. Default: the path in capitals with underscores, `BZZZ_HTTP_PORT`. */
  readonly env?: string
  /** Command-line flag without dashes. Default: the path without `bzzz.`, with dashes, `http-port`. */
  readonly flag?: string
  readonly type: ValueType<Exclude<T, undefined>>
  /** Used when nothing states the field; undefined when the program decides. */
  readonly default: T
  /** What stands in the documentation in place of an undefined default. */
  readonly defaultDoc?: string
  /** What the setting does, in one or two sentences. */
  readonly doc: string
  /** A value as one may write it. */
  readonly example: string
  /** Its value is shown nowhere. */
  readonly secret?: true
  /** The component of a later release that will read it; until then it is accepted and checked. */
  readonly reserved?: string
  /** True when it is only another way of stating the field that a {@link Selector} names. */
  readonly selects?: true
  /** With `selects`: the command line offers it nonetheless. Default: it does not. */
  readonly isOffered?: true
  /** A change of it is applied while the program runs; any other needs a restart. */
  readonly live?: true
}

export type Fields = Readonly<Record<string, Field<unknown>>>

type ValueOf<F> = F extends Field<infer T> ? T : never

/** The configuration of a table: one value per field. */
export type ConfigOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** What one source states of the fields that a selector reads; a field it does not state is absent. */
export type SelectorLayer<V extends object = Readonly<Record<string, unknown>>> = {
  readonly [K in keyof V]?: V[K] | undefined
}

/** One statement: the source, as its place among the layers, and the key of the field. */
export interface StatementRef {
  readonly layer: number
  readonly key: string
}

/** What a selector makes of the fields it reads. */
export type Selection =
  | {
      readonly value: unknown
      /** The statements that decided. */
      readonly by: readonly StatementRef[]
      /** Statements that were accepted and have no effect. */
      readonly unused: readonly (StatementRef & { readonly reason: string })[]
    }
  | { readonly problem: string; readonly suggestion: string; readonly at: StatementRef }

/**
 * States one field through others: `bzzz.dht.backend: real` means `bzzz.dht.mode: hybrid`. It sees what
 * each source says, so that it can tell a stronger word from a contradiction in one source.
 */
export interface Selector<K extends string = string> {
  /** May include {@link onto} itself. */
  readonly from: readonly K[]
  readonly onto: K
  /** Layers weakest first: file, environment, command line. An undefined answer says nothing. */
  decide(layers: readonly SelectorLayer[]): Selection | undefined
}

/** A rule between the values of several fields: the least must not be above the greatest. */
export interface Agreement<K extends string = string> {
  readonly of: readonly K[]
  /** What is wrong with these values, which are complete; undefined when nothing is. */
  check(
    ...values: readonly unknown[]
  ): { readonly problem: string; readonly suggestion: string } | undefined
}

/** A field with its names filled in. */
export interface NamedField extends Field<unknown> {
  readonly key: string
  readonly env: string
  readonly flag: string
}

/** A value for a reader; never that of a secret. */
export const describeValue = ({ secret, type }: NamedField, value: unknown): string => {
  if (value === undefined) return 'none'
  if (secret === true) return '(secret)'
  return type.describe?.(value) ?? type.format(value)
}

/** A checked table of fields, from which loader, help and documentation derive. */
export interface FieldTable<F extends Fields = Fields> {
  readonly fields: F
  readonly selectors: readonly Selector[]
  readonly agreements: readonly Agreement[]
  /** In the order of the table. */
  readonly named: readonly NamedField[]
  /** Variables of our prefixes that are no fields, with what reads them. */
  readonly otherVariables: Readonly<Record<string, string>>
}

/** `bzzz.http.port` gives `BZZZ_HTTP_PORT`. */
export const envNameOf = (path: string): string => path.replaceAll('.', '_').toUpperCase()

/** `bzzz.http.port` gives `http-port`; other roots stay: `rustle-connector-endpoints`. */
export const flagNameOf = (path: string): string =>
  path.replace(/^bzzz\./, '').replaceAll(/[._]/g, '-')

type Spec<T> = Omit<Field<T>, 'type' | 'default'> & { readonly type: ValueType<T> }

/** One field with a default. */
export function field<T>(spec: Spec<T> & { readonly default: NoInfer<T> }): Field<T>
/** One field that may stay undefined. */
export function field<T>(spec: Spec<T>): Field<T | undefined>
export function field(spec: Spec<unknown>): Field<unknown> {
  return { default: undefined, ...spec }
}

const refuse = (path: string, reason: string): never => {
  throw baseError('INVALID_ARGUMENT', `the field ${path} ${reason}`)
}

const PATH = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*)+$/

const checkField = (named: NamedField): void => {
  if (!PATH.test(named.path)) refuse(named.path, 'needs a path like bzzz.http.port')
  if (!named.type.parse(named.example).ok) refuse(named.path, 'has an example of another type')
  if (named.default === undefined) {
    if (named.defaultDoc === undefined && named.selects === undefined)
      refuse(named.path, 'has no default and does not say what happens then')
    return
  }
  if (!named.type.parse(named.type.format(named.default)).ok)
    refuse(named.path, 'has a default outside of its own type')
}

const checkUnique = (named: readonly NamedField[]): void => {
  for (const name of ['path', 'env', 'flag'] as const) {
    const seen = new Set<string>()
    for (const each of named) {
      if (seen.has(each[name])) refuse(each.path, `shares its ${name} ${each[name]} with another`)
      seen.add(each[name])
    }
  }
  for (const { path } of named)
    if (named.some((other) => other.path.startsWith(`${path}.`)))
      refuse(path, 'is a value and a section at once')
}

export interface TableOptions<K extends string> {
  readonly selectors?: readonly Selector<K>[]
  readonly agreements?: readonly Agreement<K>[]
  readonly otherVariables?: Readonly<Record<string, string>>
}

/** Checks a table of fields. Throws `INVALID_ARGUMENT` for one that contradicts itself. */
export const defineFields = <const F extends Fields>(
  fields: F,
  options: TableOptions<keyof F & string> = {},
): FieldTable<F> => {
  const named = Object.entries(fields).map(([key, each]) => ({
    ...each,
    key,
    env: each.env ?? envNameOf(each.path),
    flag: each.flag ?? flagNameOf(each.path),
  }))
  for (const each of named) checkField(each)
  checkUnique(named)
  return {
    fields,
    named,
    selectors: options.selectors ?? [],
    agreements: options.agreements ?? [],
    otherVariables: options.otherVariables ?? {},
  }
}
