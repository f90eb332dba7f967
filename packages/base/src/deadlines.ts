import type { Cancel, Clock } from './clock.js'

/** Something that expires; hand it to {@link Deadlines.watch} where an entry per call would cost too much. */
export interface Expiring {
  /** On the clock's monotonic time. */
  readonly deadlineAtMs: number
  expire(): void
}

/** Sweeps are at least this far apart, milliseconds: what expires together is found in one pass. */
const SWEEP_APART_MS = 1

/** A sweep that comes this late, milliseconds, may have overtaken answers that wait in a socket. */
const LATE_MS = 10

/**
 * The deadlines of all operations of a component, under one timer: armed for the earliest, it looks
 * through everything in flight when it fires. Most operations end in time, so that under steady load
 * this is one timer per length of a deadline, not one per operation.
 *
 * What is due is called back at most {@link SWEEP_APART_MS} and the platform's rounding late, never
 * early. After a stall of the process, timers run before sockets are read; a sweep that finds itself late
 * lets the event loop take in the answers first.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #entries = new Set<Expiring>()
  #cancel: Cancel | undefined
  #armedForMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many have neither expired nor been forgotten. */
  get size(): number {
    return this.#entries.size
  }

  /** Calls back once after `delayMs`, unless cancelled. */
  add(delayMs: number, expired: () => void): Cancel {
    const entry: Expiring = {
      deadlineAtMs: this.#clock.monotonicMs() + delayMs,
      expire: expired,
    }
    this.watch(entry)
    return () => {
      this.#entries.delete(entry)
    }
  }

  /** Calls `expire` once when the deadline is over, unless {@link forget | forgotten}. */
  watch(entry: Expiring): void {
    this.#entries.add(entry)
    if (entry.deadlineAtMs < this.#armedForMs) this.#arm(entry.deadlineAtMs)
  }

  /** Stops watching; does nothing when the entry is not watched. */
  forget(entry: Expiring): void {
    this.#entries.delete(entry)
  }

  /** Forgets everything. New deadlines may be added afterwards. */
  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedForMs = Number.POSITIVE_INFINITY
    this.#entries.clear()
  }

  #arm(atMs: number): void {
    this.#cancel?.()
    this.#armedForMs = atMs
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs())
    this.#cancel = this.#clock.setTimer(() => {
      this.#fire()
    }, delayMs)
  }

  #fire(): void {
    if (this.#clock.monotonicMs() - this.#armedForMs <= LATE_MS) {
      this.#sweep()
      return
    }
    // Not zero: platforms may run a timer of no delay before they poll the sockets again.
    this.#cancel = this.#clock.setTimer(() => {
      this.#sweep()
    }, 1)
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    const due: Expiring[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const entry of this.#entries) {
      if (entry.deadlineAtMs <= nowMs) due.push(entry)
      else nextMs = Math.min(nextMs, entry.deadlineAtMs)
    }
    this.#cancel = undefined
    this.#armedForMs = Number.POSITIVE_INFINITY
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(Math.max(nextMs, nowMs + SWEEP_APART_MS))
    this.#expire(due)
  }

  /** One that expires may cancel others, which must then stay silent. */
  #expire(due: readonly Expiring[]): void {
    let called = 0
    try {
      for (const entry of due) {
        called++
        if (this.#entries.delete(entry)) entry.expire()
      }
    } finally {
      // One threw: the others are not forgotten with it.
      if (called < due.length) this.#arm(this.#clock.monotonicMs())
    }
  }
}
