import { HLC_COUNTER_MAX, type StampedRecord } from '@bzzz/base'
import { dhtError } from './errors.js'
import { assertKey, assertValue } from './limits.js'

/** Operation ids and writers come from outside and are kept for as long as the record. */
export const ID_BYTES_MAX = 256

/** The latest time that a date can name. */
const WALL_MS_MAX = 8.64e15

const isWhole = (value: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= max

const isId = (value: string): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= ID_BYTES_MAX

/** Throws `DHT_KEY_INVALID`, `DHT_VALUE_TOO_LARGE` or `DHT_RECORD_INVALID`. */
export const assertRecord = (record: StampedRecord): void => {
  const { key, value, deleted, version, opId, expiresAtMs } = record
  assertKey(key)
  assertValue(value)
  const problem =
    deleted && value.length > 0
      ? 'a tombstone carries no value'
      : !isWhole(version.wallMs, WALL_MS_MAX) || !isWhole(version.counter, HLC_COUNTER_MAX)
        ? 'the version is no stamp of the clock'
        : !isId(version.writer) || !isId(opId)
          ? 'writer and operation id must have 1 to 256 characters'
          : expiresAtMs !== undefined && !isWhole(expiresAtMs, WALL_MS_MAX)
            ? 'the expiry is no time'
            : undefined
  if (problem !== undefined) throw dhtError('DHT_RECORD_INVALID', problem, { details: { key } })
}
