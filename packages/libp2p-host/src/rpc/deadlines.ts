import type { Cancel, Clock } from '@bzzz/base'

/** Something that expires. */
export interface Expiring {
  /** On the clock's monotonic time. */
  readonly deadlineAtMs: number
  expire(): void
}

/** A sweep that comes this late may have overtaken answers that wait in a socket. */
const LATE_MS = 10

/**
 * Expires what is overdue, with one timer for all of it: armed for the earliest deadline, it looks
 * through everything in flight when it fires. Under steady load that is one timer per deadline's length.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #entries = new Set<Expiring>()
  #armedForMs = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  add(entry: Expiring): void {
    this.#entries.add(entry)
    if (entry.deadlineAtMs < this.#armedForMs) this.#arm(entry.deadlineAtMs)
  }

  delete(entry: Expiring): void {
    this.#entries.delete(entry)
  }

  stop(): void {
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
    // After a stall of this process, timers run before sockets are read: let the answers in first.
    if (this.#clock.monotonicMs() - this.#armedForMs > LATE_MS) {
      this.#cancel = this.#clock.setTimer(() => {
        this.#sweep()
      }, 1)
      return
    }
    this.#sweep()
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    let earliestMs = Number.POSITIVE_INFINITY
    const overdue: Expiring[] = []
    for (const entry of this.#entries) {
      if (entry.deadlineAtMs <= nowMs) overdue.push(entry)
      else if (entry.deadlineAtMs < earliestMs) earliestMs = entry.deadlineAtMs
    }
    for (const entry of overdue) this.#entries.delete(entry)
    this.#cancel = undefined
    this.#armedForMs = Number.POSITIVE_INFINITY
    if (earliestMs !== Number.POSITIVE_INFINITY) this.#arm(earliestMs)
    for (const entry of overdue) entry.expire()
  }
}
