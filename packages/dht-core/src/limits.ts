import { baseError, utf8 } from '@bzzz/base'
import { dhtError } from './errors.js'

/** A UCXL address is at most 2,048 bytes long but keys are its hash or subject; 1 KiB keeps the index of a million keys in memory. */
export const KEY_BYTES_MAX = 1024

/** A frame of one record must fit the receive window of a stream; larger content is split into blocks. */
export const VALUE_BYTES_MAX = 1024 * 1024

/** Throws `DHT_KEY_INVALID`. */
export const assertKey = (key: string): void => {
  if (typeof key !== 'string' || key.length === 0)
    throw dhtError('DHT_KEY_INVALID', 'the key must be a text that is not empty')
  if (!key.isWellFormed())
    throw dhtError('DHT_KEY_INVALID', 'the key holds half of a surrogate pair')
  // UTF-8 takes at most three bytes per UTF-16 unit, so that short keys need no encoding here.
  if (key.length * 3 <= KEY_BYTES_MAX) return
  const bytes = utf8(key).length
  if (bytes > KEY_BYTES_MAX)
    throw dhtError('DHT_KEY_INVALID', `the key has ${bytes} bytes; at most ${KEY_BYTES_MAX} fit`)
}

/** Throws `DHT_VALUE_TOO_LARGE`, or `INVALID_ARGUMENT` for what is no bytes. */
export const assertValue = (value: Uint8Array): void => {
  // Not instanceof: bytes may come from another realm.
  if (!ArrayBuffer.isView(value) || value.BYTES_PER_ELEMENT !== 1)
    throw baseError('INVALID_ARGUMENT', 'the value must be a Uint8Array')
  if (value.length > VALUE_BYTES_MAX)
    throw dhtError(
      'DHT_VALUE_TOO_LARGE',
      `the value has ${value.length} bytes; at most ${VALUE_BYTES_MAX} fit`,
    )
}
