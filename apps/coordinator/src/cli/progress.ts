import type { Clock } from '@bzzz/base'
import type { Io } from './io.js'

/** Redrawn at most this often on a terminal; a log gets a line every few seconds. */
const TERMINAL_EVERY_MS = 100
const LOG_EVERY_MS = 5_000

/** One line on standard error that follows long work. */
export class Progress {
  readonly #io: Pick<Io, 'err' | 'isErrTerminal'>
  readonly #clock: Clock
  #shownAtMs: number
  #width = 0

  constructor(io: Pick<Io, 'err' | 'isErrTerminal'>, clock: Clock) {
    this.#io = io
    this.#clock = clock
    this.#shownAtMs = clock.monotonicMs()
  }

  show(text: string): void {
    const nowMs = this.#clock.monotonicMs()
    const everyMs = this.#io.isErrTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS
    if (nowMs - this.#shownAtMs < everyMs) return
    this.#shownAtMs = nowMs
    if (!this.#io.isErrTerminal) {
      this.#io.err(`${text}\n`)
      return
    }
    this.#io.err(`\r${text.padEnd(this.#width)}`)
    this.#width = text.length
  }

  /** Wipes the line, so that what follows starts at the left. */
  done(): void {
    if (this.#width > 0) this.#io.err(`\r${' '.repeat(this.#width)}\r`)
    this.#width = 0
  }
}
