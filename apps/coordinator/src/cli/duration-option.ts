import { durationType } from '@bzzz/config'
import { usageError } from './usage-error.js'

/** The milliseconds of an option like `--for 10m`. Throws `CLI_USAGE`. */
export const durationOption = (flag: string, text: string, maxMs: number): number => {
  const parsed = durationType({ minMs: 1_000, maxMs }).parse(text)
  if (parsed.ok) return parsed.value
  const hint = parsed.suggestion === undefined ? '' : `; ${parsed.suggestion}`
  throw usageError(`${flag}: ${parsed.problem}${hint}`)
}
