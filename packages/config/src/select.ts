import type { FieldTable, NamedField, Selector } from './field.js'
import { formatPlace, type Problem } from './problem.js'
import type { Statement } from './statement.js'

/** Statements of one field, weakest source first. */
export type Stated = Map<string, Statement[]>

const STRENGTH = { file: 1, environment: 2, flag: 3 } as const

export const strengthOf = (statement: Statement): number => STRENGTH[statement.place.source]

const applySelector = (
  selector: Selector,
  onto: NamedField,
  stated: Stated,
): Problem | undefined => {
  const winners = selector.from.map((key) => stated.get(key)?.at(-1))
  const strongest = winners
    .filter((winner) => winner !== undefined)
    .toSorted((a, b) => strengthOf(a) - strengthOf(b))
    .at(-1)
  if (strongest === undefined) return undefined
  const selection = selector.decide(...winners.map((winner) => winner?.value))
  if (selection === undefined) return undefined
  const { place } = strongest
  if ('problem' in selection)
    return { kind: 'conflict', place, message: selection.problem, suggestion: selection.suggestion }
  const own = stated.get(onto.key) ?? []
  const rival = own.find((each) => strengthOf(each) === strengthOf(strongest))
  if (rival !== undefined && rival.value !== selection.value)
    return {
      kind: 'conflict',
      place,
      message: `${strongest.field.path} says ${onto.path}: ${onto.type.format(selection.value)}, but ${formatPlace(rival.place)} says ${onto.type.format(rival.value)}`,
      suggestion: 'remove one of them',
    }
  if (rival === undefined)
    stated.set(
      onto.key,
      [...own, { field: onto, place, value: selection.value }].toSorted(
        (a, b) => strengthOf(a) - strengthOf(b),
      ),
    )
  return undefined
}

/** Turns what selectors read into statements of the fields they name. */
export const applySelectors = (table: FieldTable, stated: Stated): readonly Problem[] =>
  table.selectors.flatMap((selector) => {
    const onto = table.named.find((each) => each.key === selector.onto)
    const problem = onto === undefined ? undefined : applySelector(selector, onto, stated)
    return problem === undefined ? [] : [problem]
  })
