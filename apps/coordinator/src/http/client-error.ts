import { apiError, encodeError } from '@bzzz/api'
import { codeOf } from '@bzzz/base'
import type { Duplex } from 'node:stream'
import { FIXED_HEADERS } from './gated-server.js'

const FIXED_LINES = Object.entries(FIXED_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

const STATUS: Readonly<Record<string, readonly [status: number, reason: string, message: string]>> =
  {
    HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers exceed 8 KiB'],
    ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request was not sent in time'],
  }

/** Answers what was no HTTP request, or not one in time, in the form of every other refusal. */
export const answerClientError = (error: unknown, socket: Duplex): void => {
  if (codeOf(error) === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason, message] = STATUS[codeOf(error) ?? ''] ?? [
    400,
    'Bad Request',
    'the request is not HTTP',
  ]
  const body = JSON.stringify(encodeError(apiError('API_REQUEST_INVALID', message), '').body)
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${FIXED_LINES}Connection: close\r\n\r\n${body}`,
  )
}
