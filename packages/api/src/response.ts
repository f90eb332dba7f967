import { BzzzError, codeOf, messageOf, verdictOf, type ErrorRow, type Verdict } from '@bzzz/base'
import { z } from 'zod'
import { apiError } from './errors.js'
import { invalid } from './issues.js'
import { operations, type OperationName, type OutputOf } from './operations.js'
import { formatVersion } from './version.js'

/** A response as an HTTP server sends it. */
export interface SentResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The body of every error. */
export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly remedy: string
    readonly verdict: Verdict
    readonly details: Readonly<Record<string, unknown>>
  }
}

const JSON_TYPE = 'application/json; charset=utf-8'
/** Says when a record read as bytes expires, milliseconds since 1970. */
export const EXPIRES_HEADER = 'bzzz-expires-at-ms'
/** Say of a record read as bytes where it came from, when asked to explain. */
export const SOURCE_HEADER = 'bzzz-source'
export const STALE_HEADER = 'bzzz-stale-for-ms'

/** Particulars longer than this help nobody over HTTP. */
const DETAILS_CHARS_MAX = 16_384

const wantsBytes = (accept: string | undefined): boolean =>
  /^\s*application\/octet-stream\s*(?:[;,]|$)/i.test(accept ?? '')

/** The JSON of an output. Throws `API_RESPONSE_INVALID` when the handler returned something else. */
export const encodeOutput = <N extends OperationName>(name: N, output: OutputOf<N>): unknown => {
  const result = z.safeEncode(operations[name].output, output)
  if (!result.success) throw invalid('API_RESPONSE_INVALID', result.error)
  return result.data
}

/** True where the answer to a change says that it goes on. */
const isUnderWay = (name: OperationName, output: object): boolean => {
  if (operations[name].method === 'GET') return false
  const { components } = output as Partial<OutputOf<'mode'>>
  return components?.some((row) => row.change?.state === 'running') ?? false
}

/**
 * The response to a request: JSON, or for a record the bare bytes where `Accept` begins with
 * `application/octet-stream`. Versions stand in the ETag. A pending write answers 202, and so does a change
 * that goes on.
 */
export const encodeResponse = <N extends OperationName>(
  name: N,
  output: OutputOf<N>,
  accept?: string,
): SentResponse => {
  const fields = output as Partial<OutputOf<'get'> & OutputOf<'put'>>
  const headers: Record<string, string> = { 'content-type': JSON_TYPE, 'cache-control': 'no-store' }
  // The version of a record; that of a coordinator is a text.
  if (typeof fields.version === 'object') headers.etag = `"${formatVersion(fields.version)}"`
  if (fields.value instanceof Uint8Array && wantsBytes(accept)) {
    headers['content-type'] = 'application/octet-stream'
    if (fields.expiresAtMs !== undefined) headers[EXPIRES_HEADER] = String(fields.expiresAtMs)
    const { source, staleForMs } = fields.explanation ?? {}
    if (source !== undefined) headers[SOURCE_HEADER] = source
    if (staleForMs !== undefined) headers[STALE_HEADER] = String(Math.round(staleForMs))
    return { status: 200, headers, body: fields.value }
  }
  const status = fields.outcome === 'pending' || isUnderWay(name, output) ? 202 : 200
  return { status, headers, body: JSON.stringify(encodeOutput(name, output)) }
}

/** Reads the JSON of an answer. Throws `API_RESPONSE_INVALID`. */
export const decodeOutput = <N extends OperationName>(name: N, wire: unknown): OutputOf<N> => {
  const result = z.safeDecode(operations[name].output, wire as never)
  if (!result.success) throw invalid('API_RESPONSE_INVALID', result.error)
  return result.data as OutputOf<N>
}

const boundedDetails = (details: unknown): Readonly<Record<string, unknown>> => {
  try {
    const text = JSON.stringify(details) ?? '{}'
    return text.length <= DETAILS_CHARS_MAX ? (JSON.parse(text) as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/**
 * Any thrown value as an answer. What is no error of ours says nothing about itself but `incidentId`, under
 * which the coordinator logs it.
 */
export const encodeError = (
  thrown: unknown,
  incidentId: string,
): { readonly status: number; readonly body: ErrorBody } => {
  const code = codeOf(thrown)
  const { http, remedy, details } = (thrown ?? {}) as Partial<BzzzError>
  if (code === undefined || typeof http !== 'number' || typeof remedy !== 'string')
    return encodeError(apiError('API_INTERNAL', `something failed; its id is ${incidentId}`), '')
  return {
    status: http,
    body: {
      error: {
        code,
        message: messageOf(thrown),
        remedy,
        verdict: verdictOf(thrown),
        details: boundedDetails(details),
      },
    },
  }
}

const errorBody = z.object({
  error: z.object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]{2,60}$/),
    message: z.string().max(65_536),
    remedy: z.string().max(4096),
    verdict: z.enum(['unavailable', 'answered']).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
})

/** The error that a coordinator answered, with its own code. */
export const decodeError = (status: number, wire: unknown): BzzzError => {
  const result = errorBody.safeParse(wire)
  if (!result.success)
    return apiError(
      'API_RESPONSE_INVALID',
      `the answer has status ${status} and no error of ours`,
      {
        details: { status },
      },
    )
  const { code, message, remedy, verdict = 'answered', details = {} } = result.data.error
  const row: ErrorRow = { verdict, http: status, meaning: message, remedy }
  return new BzzzError(code, row, message, { details })
}
