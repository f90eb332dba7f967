/** Where a setting was stated. Lines and columns count from 1. */
export type Place =
  | {
      readonly source: 'file'
      readonly file: string
      readonly line: number
      readonly column: number
    }
  | { readonly source: 'environment'; readonly variable: string }
  | { readonly source: 'flag'; readonly flag: string }

/**
 * - `syntax`: the file is not YAML, or uses a part of it that is refused here.
 * - `limit`: too large, too deep, too many aliases.
 * - `unknown`: no field has this name.
 * - `duplicate`: one place states a field twice.
 * - `value`: the value is not of the field's type, lacks its unit or is out of range.
 * - `conflict`: two settings contradict each other, or ask for what does not exist yet.
 */
export type ProblemKind = 'syntax' | 'limit' | 'unknown' | 'duplicate' | 'value' | 'conflict'

export interface Problem {
  readonly kind: ProblemKind
  readonly place: Place
  /** What is wrong, as a sentence without its place. */
  readonly message: string
  /** What to write instead. */
  readonly suggestion?: string | undefined
}

/** Control characters escaped, so that a text from outside cannot drive a terminal. */
const printable = (text: string): string =>
  text
    .toWellFormed()
    .replace(
      /[\p{Cc}\u2028\u2029]/gu,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )

/** `bzzz.yaml:3:5`, `BZZZ_HTTP_PORT` or `--http-port`. */
export const formatPlace = (place: Place): string => {
  if (place.source === 'file') return printable(`${place.file}:${place.line}:${place.column}`)
  return printable(place.source === 'environment' ? place.variable : `--${place.flag}`)
}

/** `bzzz.yaml:3:5: 30 has no unit; write 30s for seconds`. */
export const formatProblem = (problem: Problem): string => {
  const suggestion = problem.suggestion === undefined ? '' : `; ${problem.suggestion}`
  return `${formatPlace(problem.place)}: ${printable(problem.message + suggestion)}`
}

/** Longer quotations add nothing to a message. */
const QUOTE_CHARS_MAX = 60

/** A text from outside as it may stand in a message: quoted, escaped, bounded. */
export const quote = (text: string): string =>
  // JSON leaves DEL and the C1 controls alone, and a terminal obeys them.
  printable(
    JSON.stringify(text.length > QUOTE_CHARS_MAX ? `${text.slice(0, QUOTE_CHARS_MAX)}...` : text),
  )
