import type { Random } from '@bzzz/base'

/** First wait after a failure, milliseconds; doubled with each further one. */
const FIRST_MS = 500

/** A node that comes back is found within half a minute at the latest. */
const LONGEST_MS = 30_000

/** Wait before the next try, after `failures` in a row (from 1): half fixed, half random. */
export const retryDelayMs = (failures: number, random: Random): number => {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return full / 2 + (random.next() * full) / 2
}
