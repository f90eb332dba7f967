import {
  abortError,
  codeOf,
  fromUtf8,
  messageOf,
  systemClock,
  throwIfAborted,
  type AbortOptions,
  type Clock,
} from '@bzzz/base'
import { apiError } from './errors.js'
import { EventParser } from './event-stream.js'
import { RESPONSE_BYTES_MAX } from './limits.js'
import type { InputOf, OperationName, OutputOf } from './operations.js'
import { encodeRequest } from './request.js'
import { decodeError, decodeOutput } from './response.js'
import { piecesOf, type PieceSource, type Reader } from './stream-pieces.js'
import { decodeItem, streams, type ItemOf, type StreamName } from './streams.js'

/** The part of a response that the client uses. */
export interface FetchResponse {
  readonly status: number
  readonly body: { getReader(): Reader } | null
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
  /** Tells when a stream has been silent for too long. Default: the system's. */
  readonly clock?: Clock | undefined
}

export interface WatchOptions extends AbortOptions {
  /** Id of the last event that was seen: what came after it is sent first, as far as it is kept. */
  readonly lastEventId?: string | undefined
}

/** An event of a stream, with the id to go on from. */
export interface Watched<T> {
  readonly id: string
  readonly item: T
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
  /**
   * The events of a stream, from now on or after `lastEventId`. Ends when the coordinator closes the
   * stream, as it does when it stops and when this end reads too slowly: watch again from the last
   * id. Throws what {@link call} rejects with; `API_UNREACHABLE` also after 40 s of silence.
   */
  watch<N extends StreamName>(
    name: N,
    options?: WatchOptions,
  ): AsyncGenerator<Watched<ItemOf<N>>, void, undefined>
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
  clock = systemClock,
}: ClientOptions): Client => {
  if (!/^https?:\/\/[^/?#@]+\/?$/.test(baseUrl))
    throw apiError('API_REQUEST_INVALID', 'the address of a coordinator reads http://host:port')
  const base = baseUrl.replace(/\/$/, '')

  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }

  /** Runs what speaks to the coordinator, and tells why it could not. */
  const reaching = async <T>(
    name: string,
    { signal }: AbortOptions,
    work: () => Promise<T>,
  ): Promise<T> => {
    throwIfAborted(signal)
    try {
      return await work()
    } catch (error) {
      if (codeOf(error)?.startsWith('API_') === true) throw error
      if (signal?.aborted === true) throw abortError(signal)
      const reason = messageOf(causeOf(error) ?? error)
      throw apiError('API_UNREACHABLE', `${name}: ${base} does not answer: ${reason}`, {
        cause: error,
      })
    }
  }

  const send = (
    name: OperationName,
    request: ReturnType<typeof encodeRequest>,
    options: AbortOptions,
  ): Promise<{ status: number; body: Uint8Array }> =>
    reaching(name, options, async () => {
      const response = await fetch(base + request.target, {
        method: request.method,
        headers: { accept: 'application/json', ...request.headers, ...authorization },
        redirect: 'error',
        ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      return { status: response.status, body: await readBody(response, responseBytesMax) }
    })

  const open = (name: StreamName, lastEventId: string | undefined, signal: AbortSignal) =>
    reaching(name, { signal }, async () => {
      const response = await fetch(base + streams[name].path, {
        method: 'GET',
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
          ...authorization,
        },
        redirect: 'error',
        signal,
      })
      if (response.status === 200) return response.body?.getReader()
      throw decodeError(response.status, parseJson(await readBody(response, responseBytesMax)))
    })

  return {
    async call(name, input, options = {}) {
      const { status, body } = await send(name, encodeRequest(name, input), options)
      const json = parseJson(body)
      if (status < 200 || status > 299) throw decodeError(status, json)
      return decodeOutput(name, json)
    },

    async *watch(name, options = {}) {
      const parser = new EventParser()
      const { lastEventId, signal } = options
      const source: PieceSource = {
        name: `${name} of ${base}`,
        open: (either) => open(name, lastEventId, either),
        read: (reader) => reaching(name, { signal }, () => reader.read()),
      }
      for await (const piece of piecesOf(source, clock, signal))
        for (const { id, data } of parser.push(piece)) {
          const item = decodeItem(name, data)
          if (item !== undefined) yield { id, item }
        }
    },
  }
}
