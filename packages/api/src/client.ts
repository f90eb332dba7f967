import {
  abortError,
  codeOf,
  fromUtf8,
  messageOf,
  throwIfAborted,
  type AbortOptions,
} from '@bzzz/base'
import { apiError } from './errors.js'
import { RESPONSE_BYTES_MAX } from './limits.js'
import type { InputOf, OperationName, OutputOf } from './operations.js'
import { encodeRequest } from './request.js'
import { decodeError, decodeOutput } from './response.js'

/** The part of a response that the client uses. */
export interface FetchResponse {
  readonly status: number
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
      cancel(): Promise<void>
    }
  } | null
}

/** The part of the platform's `fetch` that the client uses. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body?: Uint8Array<ArrayBuffer>
    readonly signal?: AbortSignal
    readonly redirect: 'error'
  },
) => Promise<FetchResponse>

export interface ClientOptions {
  /** `http://127.0.0.1:4280`. */
  readonly baseUrl: string
  /** Needed for writes, and for reads beyond loopback. Sent to no other address. */
  readonly token?: string | undefined
  readonly fetch: Fetch
  /** Refuse longer answers. Default 8 MiB. */
  readonly responseBytesMax?: number | undefined
}

export interface Client {
  /**
   * Calls an operation of the coordinator. Rejects with the code that it answered, with `API_UNREACHABLE`,
   * `API_RESPONSE_INVALID`, `API_REQUEST_INVALID` or `ABORTED`.
   */
  call<N extends OperationName>(
    name: N,
    input: InputOf<N>,
    options?: AbortOptions,
  ): Promise<OutputOf<N>>
}

/** Reads a body piece by piece, so that an endless one costs no more than the limit. */
const readBody = async (response: FetchResponse, bytesMax: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const piece = await reader?.read()
    if (piece === undefined || piece.done || piece.value === undefined) break
    length += piece.value.length
    if (length > bytesMax) {
      await reader?.cancel()
      throw apiError('API_RESPONSE_INVALID', `the answer has more than ${bytesMax} bytes`)
    }
    pieces.push(piece.value)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
}

const causeOf = (error: unknown): unknown => (error as { cause?: unknown } | undefined)?.cause

/** A client of one coordinator, typed by the table of operations. */
export const createClient = ({
  baseUrl,
  token,
  fetch,
  responseBytesMax = RESPONSE_BYTES_MAX,
}: ClientOptions): Client => {
  if (!/^https?:\/\/[^/?#@]+\/?$/.test(baseUrl))
    throw apiError('API_REQUEST_INVALID', 'the address of a coordinator reads http://host:port')
  const base = baseUrl.replace(/\/$/, '')

  const send = async (
    name: OperationName,
    request: ReturnType<typeof encodeRequest>,
    { signal }: AbortOptions,
  ): Promise<{ status: number; body: Uint8Array }> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    throwIfAborted(signal)
    try {
      const response = await fetch(base + request.target, {
        method: request.method,
        headers: { accept: 'application/json', ...request.headers, ...authorization },
        redirect: 'error',
        ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
        ...(signal === undefined ? {} : { signal }),
      })
      return { status: response.status, body: await readBody(response, responseBytesMax) }
    } catch (error) {
      if (codeOf(error) === 'API_RESPONSE_INVALID') throw error
      if (signal?.aborted === true) throw abortError(signal)
      const reason = messageOf(causeOf(error) ?? error)
      throw apiError('API_UNREACHABLE', `${name}: ${base} does not answer: ${reason}`, {
        cause: error,
      })
    }
  }

  return {
    async call(name, input, options = {}) {
      const { status, body } = await send(name, encodeRequest(name, input), options)
      const json = parseJson(body)
      if (status < 200 || status > 299) throw decodeError(status, json)
      return decodeOutput(name, json)
    },
  }
}
