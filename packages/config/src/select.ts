import {
  describeValue,
  type FieldTable,
  type NamedField,
  type Selection,
  type Selector,
  type StatementRef,
} from './field.js'
import { formatPlace, type Problem } from './problem.js'
import type { Statement } from './statement.js'

/** Statements of one field, weakest source first. */
export type Stated = Map<string, Statement[]>

/** A statement that was accepted, and has no effect. */
export interface Unused {
  readonly statement: Statement
  readonly reason: string
}

const SOURCES = ['file', 'environment', 'flag'] as const

const strengthOf = ({ place }: Statement): number => SOURCES.indexOf(place.source)

/** What the selector's fields say, by source. */
const layersOf = (selector: Selector, stated: Stated): readonly Map<string, Statement>[] =>
  SOURCES.map((_, strength) => {
    const layer = new Map<string, Statement>()
    for (const key of selector.from) {
      const found = stated.get(key)?.findLast((each) => strengthOf(each) === strength)
      if (found !== undefined) layer.set(key, found)
    }
    return layer
  })

const describe = ({ field, value, place }: Statement): string =>
  `${field.path}: ${describeValue(field, value)} (${formatPlace(place)})`

class Selecting {
  readonly problems: Problem[] = []
  readonly unused: Unused[] = []
  readonly #stated: Stated

  constructor(stated: Stated) {
    this.#stated = stated
  }

  apply(selector: Selector, onto: NamedField): void {
    const layers = layersOf(selector, this.#stated)
    const selection = selector.decide(layers.map((layer) => valuesOf(layer)))
    if (selection === undefined) return
    const find = ({ layer, key }: StatementRef): Statement | undefined => layers[layer]?.get(key)
    if ('problem' in selection) {
      const place = find(selection.at)?.place
      if (place === undefined)
        throw new TypeError(`a selector of ${onto.path} blames nothing stated`)
      const { problem: message, suggestion } = selection
      this.problems.push({ kind: 'conflict', place, message, suggestion })
      return
    }
    for (const { reason, ...ref } of selection.unused) {
      const statement = find(ref)
      if (statement !== undefined) this.unused.push({ statement, reason })
    }
    this.#state(onto, selection, layers, find)
  }

  /** Replaces what was stated of the field, keeping the places of what it overrides. */
  #state(
    onto: NamedField,
    { value, by }: Extract<Selection, { value: unknown }>,
    layers: readonly Map<string, Statement>[],
    find: (ref: StatementRef) => Statement | undefined,
  ): void {
    const decisive = by
      .map(find)
      .filter((each) => each !== undefined)
      .toSorted((a, b) => strengthOf(a) - strengthOf(b))
    const winner = decisive.at(-1)
    if (winner === undefined)
      throw new TypeError(`a selector of ${onto.path} decides by nothing stated`)
    const weaker = layers
      .slice(0, strengthOf(winner))
      .flatMap((layer) => [...layer.values()])
      .filter((each) => !decisive.includes(each))
    const isOwn = decisive.length === 1 && winner.field.key === onto.key
    const because = isOwn
      ? undefined
      : `${describeValue(onto, value)}, by ${decisive.map(describe).join(' and ')}`
    this.#stated.set(onto.key, [...weaker, { field: onto, place: winner.place, value, because }])
  }
}

const valuesOf = (layer: ReadonlyMap<string, Statement>): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...layer].map(([key, { value }]) => [key, value]))

/** Turns what selectors read into statements of the fields they name. */
export const applySelectors = (
  table: FieldTable,
  stated: Stated,
): { readonly problems: readonly Problem[]; readonly unused: readonly Unused[] } => {
  const selecting = new Selecting(stated)
  for (const selector of table.selectors) {
    const onto = table.named.find((each) => each.key === selector.onto)
    if (onto !== undefined) selecting.apply(selector, onto)
  }
  return selecting
}

/** Values of one configuration that do not go together. */
export const checkAgreements = (
  table: FieldTable,
  stated: Stated,
  valueOf: (key: string) => unknown,
): readonly Problem[] =>
  table.agreements.flatMap((agreement) => {
    const { of } = agreement
    const blamed = of
      .flatMap((key) => stated.get(key)?.at(-1) ?? [])
      .toSorted((a, b) => strengthOf(a) - strengthOf(b))
      .at(-1)
    // Defaults agree: their own test loads them.
    const found = blamed === undefined ? undefined : agreement.check(...of.map(valueOf))
    if (blamed === undefined || found === undefined) return []
    return [
      {
        kind: 'conflict' as const,
        place: blamed.place,
        message: found.problem,
        suggestion: found.suggestion,
      },
    ]
  })
