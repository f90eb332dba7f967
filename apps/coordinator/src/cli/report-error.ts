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

/** A start that failed names what each side said, with what to do about that. */
const causesOf = (error: unknown): readonly unknown[] => {
  if (codeOf(error) !== 'HYBRID_START_FAILED') return []
  const { cause } = error as { cause?: unknown }
  const { errors } = (cause ?? {}) as { errors?: unknown }
  return (Array.isArray(errors) ? errors : [cause]).filter((each) => codeOf(each) !== undefined)
}

const detailsOf = (error: unknown): Readonly<Record<string, unknown>> =>
  ((error as { details?: unknown } | null)?.details as Record<string, unknown> | undefined) ?? {}

/** Tells the user what went wrong and what to do, on standard error; returns the exit code. */
export const reportError = (error: unknown, io: Io, isJson: boolean): number => {
  const code = codeOf(error) ?? 'UNKNOWN'
  const remedy = remedyOf(error, io) ?? ''
  if (isJson) {
    const causes = causesOf(error).map((each) => ({ code: codeOf(each), message: messageOf(each) }))
    const details = { ...detailsOf(error), ...(causes.length > 0 && { causes }) }
    const body = { code, message: messageOf(error), remedy, details }
    io.err(`${JSON.stringify({ error: body })}\n`)
  } else {
    const { bad, faint } = palette({ env: io.env, isTerminal: io.isErrTerminal })
    io.err(`${bad('bzzz:')} ${printable(messageOf(error))} ${faint(`(${code})`)}\n`)
    if (remedy !== '') io.err(`  ${printable(remedy)}\n`)
    for (const cause of causesOf(error))
      io.err(printable(`  ${codeOf(cause) ?? ''}: ${remedyOf(cause, io) ?? messageOf(cause)}\n`))
  }
  return exitCodeOf(error)
}
