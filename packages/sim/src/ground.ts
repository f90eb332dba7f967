import type { Cancel, Clock, Random } from '@bzzz/base'

/** What simulated networks and disks stand on: a world, or the real clock. */
export interface Ground {
  readonly clock: Clock
  readonly random: Random
  /** Calls back after `delayMs`; counts as work in flight until then. */
  after(delayMs: number, callback: () => void, label: string): Cancel
}

/**
 * A ground in real time, for an embedded network that models a round trip without a world. What
 * has no delay happens in the same tick, because a timer would cost a millisecond.
 */
export const realGround = (clock: Clock, random: Random): Ground => ({
  clock,
  random,
  after: (delayMs, callback) => {
    if (delayMs > 0) return clock.setTimer(callback, delayMs)
    let isWanted = true
    queueMicrotask(() => {
      if (isWanted) callback()
    })
    return () => {
      isWanted = false
    }
  },
})
