import { delay, systemClock } from '@bzzz/base'
import type { Io } from './io.js'

/** Waits before a command asks again. Rejects with `ABORTED` when the user ends it. */
export const pause = (io: Pick<Io, 'interrupted'>, ms: number): Promise<void> =>
  delay(systemClock, ms, { signal: io.interrupted })
