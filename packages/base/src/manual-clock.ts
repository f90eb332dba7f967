import type { Cancel, Clock } from './clock.js'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that moves only when told to: for tests, and as the clock of a simulation. */
export class ManualClock implements Clock {
  #monotonicMs = 0
  #wallOffsetMs: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** @param startMs wall time at the start, milliseconds since 1970 */
  constructor(startMs = 1_700_000_000_000) {
    this.#wallOffsetMs = startMs
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#monotonicMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimer(callback: () => void, delayMs: number): Cancel {
    const timer: Timer = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
    }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Number of timers that have not fired. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Moves the wall clock alone, as NTP or an operator does. Timers do not notice. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** Fires what is due within `byMs`, in order of time, then of creation. */
  advance(byMs: number): void {
    if (!(byMs >= 0)) throw new RangeError('monotonic time does not go back')
    const untilMs = this.#monotonicMs + byMs
    for (;;) {
      const next = this.#nextDue(untilMs)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs)
      next.callback()
    }
    // A callback may have advanced the clock further.
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs)
  }

  #nextDue(untilMs: number): Timer | undefined {
    let best: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue
      if (
        best === undefined ||
        timer.dueMs < best.dueMs ||
        (timer.dueMs === best.dueMs && timer.order < best.order)
      )
        best = timer
    }
    return best
  }
}
