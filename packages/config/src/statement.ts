import type { NamedField } from './field.js'
import type { Place, Problem } from './problem.js'
import type { Parsed } from './value-type.js'

/** One source saying what one field is. */
export interface Statement {
  readonly field: NamedField
  readonly place: Place
  readonly value: unknown
  /** Where other fields stated it: which ones, in words. */
  readonly because?: string | undefined
}

/** What one source says: its statements, and what is wrong with it. */
export interface SourceReading {
  readonly statements: readonly Statement[]
  readonly problems: readonly Problem[]
}

const SECRET_PROBLEM = 'the value is not of the form that this secret has'

/** The problem of a value that its type refused. A secret is not quoted. */
export const valueProblem = (
  field: NamedField,
  place: Place,
  parsed: Extract<Parsed<unknown>, { ok: false }>,
): Problem => ({
  kind: 'value',
  place,
  message:
    field.secret === true ? `${field.path}: ${SECRET_PROBLEM}` : `${field.path}: ${parsed.problem}`,
  suggestion: field.secret === true ? `write ${field.type.accepts}` : parsed.suggestion,
})

/** Reads the text of one field from the environment or the command line. */
export const readText = (field: NamedField, place: Place, text: string): Statement | Problem => {
  const trimmed = text.trim()
  if (trimmed === '' && field.type.list === undefined)
    return {
      kind: 'value',
      place,
      message: `${field.path}: the value is empty`,
      suggestion: `write for example ${field.example}, or leave it out`,
    }
  const parsed = field.type.parse(trimmed)
  return parsed.ok ? { field, place, value: parsed.value } : valueProblem(field, place, parsed)
}
