import { codeOf, messageOf } from '@bzzz/base'
import { exitCodeOf } from './exit-codes.js'
import type { Io } from './io.js'
import { palette, printable } from './text.js'

/** What the answer says to programs, as a command line does it. */
const HERE: Readonly<Record<string, string>> = {
  API_TOKEN_REQUIRED: 'With --url, name its token: --token-file <its data directory>/token.',
}

const remedyOf = (error: unknown, io: Io): string | undefined => {
  const remedy = HERE[codeOf(error) ?? ''] ?? (error as { remedy?: unknown } | null)?.remedy
  return typeof remedy === 'string' ? remedy.replaceAll('`bzzz ', `\`${io.program} `) : undefined
}

const detailsOf = (error: unknown): Readonly<Record<string, unknown>> =>
  ((error as { details?: unknown } | null)?.details as Record<string, unknown> | undefined) ?? {}

/** Tells the user what went wrong and what to do, on standard error; returns the exit code. */
export const reportError = (error: unknown, io: Io, isJson: boolean): number => {
  const code = codeOf(error) ?? 'UNKNOWN'
  const remedy = remedyOf(error, io) ?? ''
  if (isJson) {
    const body = { code, message: messageOf(error), remedy, details: detailsOf(error) }
    io.err(`${JSON.stringify({ error: body })}\n`)
  } else {
    const { bad, faint } = palette({ env: io.env, isTerminal: io.isErrTerminal })
    io.err(`${bad('bzzz:')} ${printable(messageOf(error))} ${faint(`(${code})`)}\n`)
    if (remedy !== '') io.err(`  ${printable(remedy)}\n`)
  }
  return exitCodeOf(error)
}
