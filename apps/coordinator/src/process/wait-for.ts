import { delay, messageOf, systemClock, type Clock } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

export interface WaitOptions {
  /** Longest wait, milliseconds. Default 20,000. */
  readonly boundMs?: number
  /** Between two looks, milliseconds. Default 20. */
  readonly everyMs?: number
  readonly clock?: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks until the condition gives a value that is neither undefined nor false, and returns it. A
 * condition that throws is looked at again. Rejects with `WAIT_TIMEOUT`, naming what was awaited
 * and the last error.
 */
export const waitFor = async <T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> => {
  const { boundMs = 20_000, everyMs = 20, clock = systemClock, signal } = options
  const endMs = clock.monotonicMs() + boundMs
  let last = 'it stayed false'
  for (;;) {
    try {
      const value = await condition()
      if (value !== undefined && value !== false) return value
      last = 'it stayed false'
    } catch (error) {
      last = messageOf(error)
    }
    if (clock.monotonicMs() >= endMs)
      throw coordinatorError(
        'WAIT_TIMEOUT',
        `${what}: not within ${boundMs} ms; last seen: ${last}`,
      )
    await delay(clock, everyMs, { signal })
  }
}
