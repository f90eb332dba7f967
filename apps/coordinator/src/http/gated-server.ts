import { apiError, encodeError } from '@bzzz/api'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { judgeAccess, type AccessRules, type RequestHead } from './access.js'

export interface ServerLimits {
  /** Longest wait for a whole request, milliseconds. */
  readonly requestTimeoutMs: number
  /** Longest wait for the headers of a request, milliseconds. */
  readonly headersTimeoutMs: number
  /** Connections at once; further ones are closed at once. */
  readonly connectionsMax: number
}

/** Ten headers of ordinary size; a token and a key of 1 KiB, percent-encoded, fit well. */
const HEADER_BYTES_MAX = 8 * 1024

const HEADERS_MAX = 64

/** Node looks for slow clients this often; its default of 30 s would triple the limits. */
const SLOW_CLIENT_CHECK_MS = 500

const KEEP_ALIVE_MS = 5_000

/** Sent with every answer: no sniffing, no caching of records, no embedding into other sites. */
export const FIXED_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const headOf = (request: IncomingMessage): RequestHead => ({
  method: request.method ?? '',
  target: request.url ?? '',
  // `headers.host` keeps the first of several; a second one must be seen to be refused.
  hosts: request.rawHeaders.filter(
    (_, at, raw) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === 'host',
  ),
  origin: first(request.headers.origin),
  fetchSite: first(request.headers['sec-fetch-site']),
  localAddress: request.socket.localAddress,
})

const EXPECTATION_FAILED = 417

/** Answers before anything else has seen the request, and reads no more of it. */
export const refuse = (response: ServerResponse, error: unknown, otherStatus?: number): void => {
  const answer = encodeError(error, '')
  const body = JSON.stringify(answer.body)
  response.writeHead(otherStatus ?? answer.status, {
    ...FIXED_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  response.end(body)
}

/**
 * A Node server that judges Host, Origin and Sec-Fetch-Site of every request before anything else
 * sees it: before routing, before the body, and for paths that do not exist as well.
 */
export const createGatedServer = (
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  rules: AccessRules,
  limits: ServerLimits,
): Server => {
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const refusal = judgeAccess(headOf(request), rules)
    if (refusal !== undefined) refuse(response, refusal)
    return refusal === undefined
  }
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: SLOW_CLIENT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    // A missing Host is refused by the gate, in the same words as a wrong one.
    requireHostHeader: false,
  })
  server.maxConnections = limits.connectionsMax
  server.maxHeadersCount = HEADERS_MAX
  server.on('request', (request, response) => {
    if (admit(request, response)) handler(request, response)
  })
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!admit(request, response)) return
    response.writeContinue()
    handler(request, response)
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (!admit(request, response)) return
    const message = 'the only expectation that is met is 100-continue'
    refuse(response, apiError('API_REQUEST_INVALID', message), EXPECTATION_FAILED)
  })
  return server
}
