import { throwIfAborted, abortError, type AbortOptions } from './abort.js'

/** Cancels what handed it out. Calling it twice is fine. */
export type Cancel = () => void

/** Time as an argument: nothing that decides may read a clock of its own. */
export interface Clock {
  /** Wall time, milliseconds since 1970. May jump. */
  nowMs(): number
  /** Milliseconds since an arbitrary start. Never goes back; the clock for deadlines and leases. */
  monotonicMs(): number
  /** Calls back once, after `delayMs` of monotonic time. */
  setTimer(callback: () => void, delayMs: number): Cancel
}

/** The longest that platforms wait: they fire at once what asks for more. */
const PLATFORM_DELAY_MAX_MS = 2 ** 31 - 1

const startTimer = (callback: () => void, delayMs: number): Cancel => {
  const timer = setTimeout(callback, delayMs)
  return () => {
    clearTimeout(timer)
  }
}

/** The platform's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (callback, delayMs) => {
    if (delayMs <= PLATFORM_DELAY_MAX_MS) return startTimer(callback, delayMs)
    let cancel = startTimer(() => {
      cancel = systemClock.setTimer(callback, delayMs - PLATFORM_DELAY_MAX_MS)
    }, PLATFORM_DELAY_MAX_MS)
    return () => {
      cancel()
    }
  },
}

/** Resolves after `delayMs` of the clock's time; rejects with `ABORTED` when the signal fires. */
export const delay = (clock: Clock, delayMs: number, options: AbortOptions = {}): Promise<void> => {
  const { signal } = options
  return new Promise((resolve, reject) => {
    throwIfAborted(signal)
    const onAbort = (): void => {
      cancel()
      if (signal !== undefined) reject(abortError(signal))
    }
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
