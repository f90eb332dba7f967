import type { Cancel, Clock } from '@bzzz/base'
import { nextLag } from './own-lag.js'

/** Called at every tick, with the time since the last one and how far this node's event loop is behind. */
export type OnTick = (elapsedMs: number, lagMs: number) => void

/** The one timer behind all heartbeats, which also tells how late it comes. */
export class Ticker {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #onTick: OnTick
  #cancel: Cancel | undefined
  #lastMs = 0
  #lagMs = 0

  constructor(clock: Clock, tickMs: number, onTick: OnTick) {
    this.#clock = clock
    this.#tickMs = tickMs
    this.#onTick = onTick
  }

  start(): void {
    this.#lastMs = this.#clock.monotonicMs()
    this.#lagMs = 0
    this.#schedule()
  }

  stop(): void {
    this.#cancel?.()
  }

  #schedule(): void {
    this.#cancel = this.#clock.setTimer(() => {
      this.#schedule()
      this.#tick()
    }, this.#tickMs)
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    const elapsedMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    this.#lagMs = nextLag(this.#lagMs, elapsedMs, this.#tickMs)
    this.#onTick(elapsedMs, this.#lagMs)
  }
}
