import type { Cancel, Clock } from '@bzzz/base'

/** Deadlines may fire this much late, milliseconds: the price of one timer for all of them. */
const SLACK_MS = 5

interface Entry {
  readonly dueMs: number
  readonly expired: () => void
}

/** Deadlines of all operations of a node, under one timer. */
export class Deadlines {
  readonly #clock: Clock
  readonly #entries = new Set<Entry>()
  #cancel: Cancel | undefined
  #wakesMs = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls back once after `delayMs`, unless cancelled. */
  add(delayMs: number, expired: () => void): Cancel {
    const entry: Entry = { dueMs: this.#clock.monotonicMs() + delayMs, expired }
    this.#entries.add(entry)
    if (entry.dueMs < this.#wakesMs) this.#wakeAt(entry.dueMs)
    return () => {
      this.#entries.delete(entry)
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#cancel?.()
    this.#entries.clear()
    this.#wakesMs = Infinity
  }

  #wakeAt(dueMs: number): void {
    this.#cancel?.()
    this.#wakesMs = dueMs
    const delayMs = Math.max(0, dueMs - this.#clock.monotonicMs())
    this.#cancel = this.#clock.setTimer(() => {
      this.#sweep()
    }, delayMs)
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    this.#wakesMs = Infinity
    let nextMs = Infinity
    const due: Entry[] = []
    for (const entry of this.#entries) {
      if (entry.dueMs <= nowMs) due.push(entry)
      else nextMs = Math.min(nextMs, entry.dueMs)
    }
    if (nextMs < Infinity) this.#wakeAt(Math.max(nextMs, nowMs + SLACK_MS))
    for (const entry of due) if (this.#entries.delete(entry)) entry.expired()
  }
}
