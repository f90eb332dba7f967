import { messageOf } from '@bzzz/base'
import { flagsError } from './errors.js'
import { assertOverride, copyOverride, type Override } from './override.js'

/** The overrides, as plain data for a file. */
export interface FlagSnapshot {
  readonly version: 1
  readonly overrides: Readonly<Record<string, Override>>
}

/** A node has a handful of components; a file with more is not ours. */
const COMPONENTS_MAX = 100

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads what {@link FlagSnapshot} was written as. Throws `FLAGS_SNAPSHOT_INVALID`; nothing is half-read. */
export const parseSnapshot = (value: unknown): FlagSnapshot => {
  if (!isRecord(value) || value.version !== 1 || !isRecord(value.overrides))
    throw flagsError('FLAGS_SNAPSHOT_INVALID', 'the overrides are of no known form')
  const entries = Object.entries(value.overrides)
  if (entries.length > COMPONENTS_MAX)
    throw flagsError('FLAGS_SNAPSHOT_INVALID', `there are ${entries.length} overrides`)
  const overrides = entries.map(([component, stored]): [string, Override] => {
    try {
      if (!isRecord(stored)) throw new TypeError('it is no record')
      // The check below covers each field, whatever stands in the file.
      const override = copyOverride(stored as unknown as Override)
      assertOverride(override)
      return [component, override]
    } catch (error) {
      throw flagsError(
        'FLAGS_SNAPSHOT_INVALID',
        `the override of ${JSON.stringify(component.slice(0, 60))}: ${messageOf(error)}`,
        { cause: error },
      )
    }
  })
  return { version: 1, overrides: Object.fromEntries(overrides) }
}
