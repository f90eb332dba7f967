import { flagsError } from './errors.js'
import { assertPartial, type PartialSetting } from './flag-layers.js'

/** What an operator put above the configuration of one component. */
export interface Override extends PartialSetting {
  /** Wall milliseconds at which it ends by itself; undefined: it lasts until it is taken back. */
  readonly untilMs?: number | undefined
  /** Who put it there: the name of a token, or a rule. Never a secret. */
  readonly actor: string
  readonly reason?: string | undefined
}

/** Enough for a sentence; the text goes into every event and every line of the audit. */
const TEXT_CHARS_MAX = 500

const assertText = (what: string, text: unknown): void => {
  if (typeof text === 'string' && text.length > 0 && text.length <= TEXT_CHARS_MAX) return
  throw flagsError(
    'FLAGS_SETTING_INVALID',
    `the ${what} of an override must have 1 to ${TEXT_CHARS_MAX} characters`,
  )
}

/** Throws `FLAGS_SETTING_INVALID`. */
export const assertOverride = (override: Override): void => {
  assertPartial(override)
  if (override.mode === undefined && override.percent === undefined)
    throw flagsError(
      'FLAGS_SETTING_INVALID',
      'an override states neither a mode nor a percentage; state one, or clear the override',
    )
  assertText('actor', override.actor)
  if (override.reason !== undefined) assertText('reason', override.reason)
  const { untilMs } = override
  if (untilMs !== undefined && !Number.isSafeInteger(Math.floor(untilMs)))
    throw flagsError('FLAGS_SETTING_INVALID', 'the end of an override is no time')
}

/** A copy with the fields that count, and nothing else that was on the object. */
export const copyOverride = ({ mode, percent, untilMs, actor, reason }: Override): Override => ({
  ...(mode !== undefined && { mode }),
  ...(percent !== undefined && { percent }),
  ...(untilMs !== undefined && { untilMs }),
  actor,
  ...(reason !== undefined && { reason }),
})
