/**
 * What an error says about the side that raised it.
 * - `unavailable`: it could not answer (down, too slow, too few replicas). Another side may be asked.
 * - `answered`: it did answer, and the answer is no. Asking elsewhere would hide a real refusal.
 */
export type Verdict = 'unavailable' | 'answered'

/** One error code: how callers, breakers and HTTP react to it, and what a user reads. */
export interface ErrorRow {
  readonly verdict: Verdict
  /** HTTP status that a coordinator answers with. */
  readonly http: number
  /** What happened, as one sentence. */
  readonly meaning: string
  /** What to do next, as one sentence. */
  readonly remedy: string
}

export type ErrorTable = Readonly<Record<string, ErrorRow>>

export interface BzzzErrorOptions {
  readonly cause?: unknown
  /** Machine-readable particulars. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The one error class. Tell errors apart by `code`, never by `instanceof`: two versions of this
 * package may meet in one process.
 */
export class BzzzError extends Error {
  override readonly name: string = 'BzzzError'
  readonly code: string
  readonly verdict: Verdict
  readonly http: number
  readonly remedy: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, row: ErrorRow, message: string, options: BzzzErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.verdict = row.verdict
    this.http = row.http
    this.remedy = row.remedy
    this.details = options.details ?? {}
  }
}

/** Makes errors of one package's table; an unknown code does not compile. */
export interface ErrorFactory<T extends ErrorTable> {
  (code: keyof T & string, message: string, options?: BzzzErrorOptions): BzzzError
  readonly table: T
}

/** Binds a table of codes to a factory: `throw dhtError('DHT_KEY_INVALID', 'the key is empty')`. */
export const defineErrors = <const T extends ErrorTable>(table: T): ErrorFactory<T> =>
  Object.assign(
    (code: keyof T & string, message: string, options?: BzzzErrorOptions): BzzzError => {
      const row = Object.hasOwn(table, code) ? table[code] : undefined
      if (row === undefined) throw new TypeError(`no such error code: ${code}`)
      return new BzzzError(code, row, message, options)
    },
    { table },
  )

const field = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null && name in error
    ? (error as Record<string, unknown>)[name]
    : undefined

/** The `code` of any error-like value, or undefined. */
export const codeOf = (error: unknown): string | undefined => {
  const code = field(error, 'code')
  return typeof code === 'string' ? code : undefined
}

/** The verdict of any error. An error that states none is a bug or an answer, never an outage. */
export const verdictOf = (error: unknown): Verdict =>
  field(error, 'verdict') === 'unavailable' ? 'unavailable' : 'answered'

/** Text for a log line, of any thrown value. Never throws. */
export const messageOf = (error: unknown): string => {
  try {
    const message = field(error, 'message')
    return typeof message === 'string' ? message : String(error)
  } catch {
    return 'a value that cannot be printed was thrown'
  }
}
