import { z } from 'zod'
import { apiError } from './errors.js'
import { invalid, type FieldNames } from './issues.js'
import { VALUE_BYTES_MAX } from './limits.js'
import { hasValueBody, type Method } from './operation.js'
import { operations, type InputOf, type OperationName } from './operations.js'
import { isTooLong } from './schemas/wire.js'
import { formatTarget, parseTarget } from './target.js'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as an HTTP server received it. */
export interface ReceivedRequest {
  /** The raw request target, not decoded: path and query. */
  readonly target: string
  /** Names in small letters. */
  readonly headers: Headers
  /** Bytes of an octet-stream, or the parsed JSON. */
  readonly body?: unknown
}

export interface SentRequest {
  readonly method: Method
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** Validates and decodes wire data against the input of an operation. Throws `API_REQUEST_INVALID`. */
export const decodeInput = <N extends OperationName>(
  name: N,
  wire: unknown,
  names?: FieldNames,
): InputOf<N> => {
  const result = z.safeDecode(operations[name].input, wire as never)
  if (!result.success) throw invalid('API_REQUEST_INVALID', result.error, names)
  return result.data as InputOf<N>
}

const single = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.join(',')

/** `If-Match: "<version>"` and `If-None-Match: *` are other ways to say expectedVersion. */
const conditionOf = (headers: Headers): string | undefined => {
  const match = single(headers['if-match'])
  const noneMatch = single(headers['if-none-match'])
  if (match !== undefined) {
    const quoted = /^"([^"]+)"$/.exec(match)?.[1]
    if (quoted === undefined || noneMatch !== undefined)
      throw apiError('API_REQUEST_INVALID', 'If-Match takes one version in double quotes')
    return quoted
  }
  if (noneMatch === undefined) return undefined
  if (noneMatch === '*') return 'absent'
  throw apiError('API_REQUEST_INVALID', 'If-None-Match takes only * on a write')
}

const tooLarge = () =>
  apiError('API_BODY_TOO_LARGE', `the value is longer than ${VALUE_BYTES_MAX} bytes`)

/** Refuses a body whose value cannot fit, before anything decodes it. */
const checkLength = (body: unknown): void => {
  const { value, encoding } = (body ?? {}) as { value?: unknown; encoding?: unknown }
  const isLong =
    body instanceof Uint8Array
      ? body.length > VALUE_BYTES_MAX
      : typeof value === 'string' && isTooLong(value, String(encoding))
  if (isLong) throw tooLarge()
}

/**
 * The input of an operation out of an HTTP request. A body of bytes is the value itself; a body of JSON is
 * `{ value, encoding }`. Throws `API_REQUEST_INVALID`, `API_BODY_TOO_LARGE` or `API_ROUTE_UNKNOWN`.
 */
export const decodeRequest = <N extends OperationName>(
  name: N,
  request: ReceivedRequest,
): InputOf<N> => {
  const operation = operations[name]
  const texts: Record<string, unknown> = parseTarget(operation.path, request.target)
  if ('value' in texts)
    throw apiError('API_REQUEST_INVALID', 'the value goes into the body, not into the address')
  if ('expectedVersion' in operation.input.shape) {
    const condition = conditionOf(request.headers)
    if (condition !== undefined && 'expectedVersion' in texts)
      throw apiError('API_REQUEST_INVALID', 'the expected version is stated twice')
    if (condition !== undefined) texts.expectedVersion = condition
  }
  if (!hasValueBody(operation)) return decodeInput(name, texts)
  checkLength(request.body)
  if (!(request.body instanceof Uint8Array))
    return decodeInput(name, { ...texts, value: request.body })
  // Bytes need no decoding: check the rest with an empty value, and put them in.
  const input = decodeInput(name, { ...texts, value: { value: '' } })
  return { ...input, value: request.body }
}

/** The HTTP request of an operation. Throws `API_REQUEST_INVALID` for an input that no server takes. */
export const encodeRequest = <N extends OperationName>(name: N, input: InputOf<N>): SentRequest => {
  const { method, path, input: schema } = operations[name]
  const { value, ...rest } = input as { value?: unknown }
  const isWrite = 'value' in schema.shape
  if (isWrite && !(value instanceof Uint8Array))
    throw apiError('API_REQUEST_INVALID', 'the value must be bytes')
  if (isWrite && (value as Uint8Array).length > VALUE_BYTES_MAX) throw tooLarge()
  const empty = isWrite ? { value: new Uint8Array() } : {}
  const result = z.safeEncode(schema, { ...rest, ...empty } as never)
  if (!result.success) throw invalid('API_REQUEST_INVALID', result.error)
  const { value: _, ...texts } = result.data as Record<string, string | undefined>
  const stated = Object.entries(texts).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return {
    method,
    target: formatTarget(path, Object.fromEntries(stated)),
    headers: isWrite ? { 'content-type': 'application/octet-stream' } : {},
    body: isWrite ? (value as Uint8Array) : undefined,
  }
}
