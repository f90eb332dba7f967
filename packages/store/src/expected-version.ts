import { compareVersions, type Version } from '@bzzz/base'
import type { Entry } from './entry.js'
import { storeError } from './errors.js'

/**
 * Throws `STORE_CONFLICT` unless the key is as expected. A tombstone or an expired record reads as
 * absent, so `null` matches it; so does its version.
 */
export const assertExpected = (
  key: string,
  newest: Entry | undefined,
  expected: Version | null,
  nowMs: number,
): void => {
  const isAbsent =
    newest === undefined ||
    newest.deleted ||
    (newest.expiresAtMs !== undefined && newest.expiresAtMs <= nowMs)
  if (expected === null && isAbsent) return
  if (expected !== null && newest !== undefined && compareVersions(newest.version, expected) === 0)
    return
  throw storeError(
    'STORE_CONFLICT',
    `${JSON.stringify(key)} is ${newest === undefined ? 'absent' : 'at another version'}`,
    { details: { key, found: newest?.version ?? null, expected } },
  )
}
