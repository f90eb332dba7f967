import {
  BzzzError,
  ByteReader,
  ByteWriter,
  codeOf,
  messageOf,
  utf8,
  verdictOf,
  type Verdict,
} from '@bzzz/base'
import { hostError } from '../errors.js'

const CODE_BYTES_MAX = 64
const TEXT_BYTES_MAX = 1_024
const CODE = /^[A-Z][A-Z0-9_]*$/

const UNAVAILABLE = 1

/**
 * The bytes of a failure: verdict, HTTP status, code, message, remedy. An error without a code is a
 * bug at the serving side; its text stays there.
 */
export const encodeError = (error: unknown): Uint8Array => {
  const code = codeOf(error)
  if (code === undefined || code.length > CODE_BYTES_MAX || !CODE.test(code))
    return encodeError(hostError('REQUEST_FAILED', 'the handler failed without a code'))
  const { http, remedy } = error as { readonly http?: unknown; readonly remedy?: unknown }
  return new ByteWriter()
    .u8(verdictOf(error) === 'unavailable' ? UNAVAILABLE : 0)
    .u16(isStatus(http) ? http : 500)
    .text(code)
    .bytes(bounded(messageOf(error)))
    .bytes(bounded(typeof remedy === 'string' ? remedy : ''))
    .finish()
}

/** The error that {@link encodeError} wrote. Throws `BYTES_INVALID` for anything else. */
export const decodeError = (bytes: Uint8Array, peerId: string): BzzzError => {
  const reader = new ByteReader(bytes)
  const verdict: Verdict = reader.u8() === UNAVAILABLE ? 'unavailable' : 'answered'
  const http = reader.u16()
  const code = reader.text(CODE_BYTES_MAX)
  const message = reader.text(TEXT_BYTES_MAX)
  const remedy = reader.text(TEXT_BYTES_MAX)
  reader.end()
  if (!CODE.test(code) || !isStatus(http))
    throw hostError('FRAME_INVALID', 'a failure carries no error code')
  const row = { verdict, http, meaning: message, remedy }
  return new BzzzError(code, row, message, { details: { peerId } })
}

const isStatus = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599

/** At most {@link TEXT_BYTES_MAX} bytes of UTF-8, cut between characters. */
const bounded = (text: string): Uint8Array => {
  let cut = text.slice(0, TEXT_BYTES_MAX).toWellFormed()
  let bytes = utf8(cut)
  while (bytes.length > TEXT_BYTES_MAX) {
    cut = cut.slice(0, Math.floor((cut.length * TEXT_BYTES_MAX) / bytes.length)).toWellFormed()
    bytes = utf8(cut)
  }
  return bytes
}
