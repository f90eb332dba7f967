import { codeOf, isAbort, verdictOf } from '@bzzz/base'

/** What `bzzz` ends with. Documented in the README; scripts rely on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  /** Not running, too few peers, too slow; or a write that is still pending. */
  unavailable: 4,
  /** A compare-and-set found another version. */
  conflict: 5,
  /** Token missing or wrong, Host or Origin refused. */
  forbidden: 6,
  interrupted: 130,
} as const

const OF_CODE: Readonly<Record<string, number>> = {
  CLI_USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  CONFIG_FILE_UNREADABLE: EXIT.usage,
  API_RECORD_NOT_FOUND: EXIT.notFound,
  DHT_CONFLICT: EXIT.conflict,
}

/** The exit code that an error leads to. */
export const exitCodeOf = (error: unknown): number => {
  if (isAbort(error)) return EXIT.interrupted
  const known = OF_CODE[codeOf(error) ?? '']
  if (known !== undefined) return known
  if (verdictOf(error) === 'unavailable') return EXIT.unavailable
  const http = (error as { http?: unknown } | null)?.http
  if (http === 401 || http === 403) return EXIT.forbidden
  if (http === 404) return EXIT.notFound
  if (http === 400) return EXIT.usage
  return EXIT.failure
}
