import { utf8, type StampedRecord, type WriteIntent } from '@bzzz/base'
import { storeError } from './errors.js'

/** What the DHT port allows; the index of a million keys must fit in memory. */
export const RECORD_KEY_BYTES_MAX = 1024

/** The DHT port allows 1 MiB of value; the slack holds what a port wraps around it. */
export const RECORD_VALUE_BYTES_MAX = 1024 * 1024 + 64 * 1024

/** A batch signature with its Merkle proof takes well under 2 KiB. */
export const ATTESTATION_BYTES_MAX = 4096

/** Peer ids take 52 characters, operation ids 32; both come from outside and are kept for long. */
export const ID_BYTES_MAX = 256

/** The latest time that a JavaScript date can name. */
const WALL_MS_MAX = 8.64e15
const COUNTER_MAX = 0xffff

const invalid = (message: string): Error => storeError('STORE_RECORD_INVALID', message)

/** Well-formed UTF-8 of 1 to `bytesMax` bytes. Short texts are not encoded to find out. */
const assertText = (name: string, text: unknown, bytesMax: number): void => {
  if (typeof text !== 'string' || text.length === 0) throw invalid(`the ${name} is empty`)
  if (!text.isWellFormed()) throw invalid(`the ${name} holds half of a surrogate pair`)
  if (text.length * 3 <= bytesMax) return
  if (text.length > bytesMax || utf8(text).length > bytesMax)
    throw invalid(`the ${name} is longer than ${bytesMax} bytes`)
}

const assertInteger = (name: string, value: unknown, max: number): void => {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max)
    throw invalid(`the ${name} must be an integer from 0 to ${max}`)
}

const assertBytes = (name: string, value: unknown, bytesMax: number): void => {
  if (!ArrayBuffer.isView(value)) throw invalid(`the ${name} must be bytes`)
  if (value.byteLength > bytesMax)
    throw invalid(`the ${name} has ${value.byteLength} bytes; at most ${bytesMax} fit`)
}

/** Throws `STORE_RECORD_INVALID`. */
export const assertIntent = (intent: WriteIntent, opId: string): void => {
  assertText('key', intent.key, RECORD_KEY_BYTES_MAX)
  assertText('operation id', opId, ID_BYTES_MAX)
  if (intent.value !== undefined) assertBytes('value', intent.value, RECORD_VALUE_BYTES_MAX)
  if (intent.expiresAtMs !== undefined)
    assertInteger('expiry in milliseconds', intent.expiresAtMs, WALL_MS_MAX)
  if (intent.deleted === true && (intent.value?.length ?? 0) > 0)
    throw invalid('a tombstone carries no value')
}

/** Throws `STORE_RECORD_INVALID`. */
export const assertRecord = (record: StampedRecord): void => {
  assertIntent(record, record.opId)
  assertBytes('value', record.value, RECORD_VALUE_BYTES_MAX)
  assertText('writer', record.version.writer, ID_BYTES_MAX)
  assertInteger('wall milliseconds', record.version.wallMs, WALL_MS_MAX)
  assertInteger('counter', record.version.counter, COUNTER_MAX)
  if (record.attestation !== undefined)
    assertBytes('attestation', record.attestation, ATTESTATION_BYTES_MAX)
}
