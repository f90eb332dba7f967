import type { Cancel, Clock } from '@bzzz/base'
import { ProcessGate } from './process-gate.js'

export interface SimClockOptions {
  /** How far this node's wall clock is ahead of the world's, milliseconds. Default 0. */
  readonly offsetMs?: number
  /** How much faster both its clocks run, parts per million. Default 0; quartz is within 100. */
  readonly driftPpm?: number
  readonly gate?: ProcessGate
}

/** The clock of one simulated node, wrong by an offset and a drift that nobody else shares. */
export class SimClock implements Clock {
  readonly #world: Clock
  readonly #rate: number
  readonly #gate: ProcessGate
  #offsetMs: number

  /** @param world the clock of the world */
  constructor(world: Clock, options: SimClockOptions = {}) {
    this.#world = world
    this.#rate = 1 + (options.driftPpm ?? 0) / 1_000_000
    this.#gate = options.gate ?? new ProcessGate()
    this.#offsetMs = world.nowMs() - world.monotonicMs() + (options.offsetMs ?? 0)
  }

  /** Whole milliseconds, as platforms give them. */
  nowMs(): number {
    return Math.floor(this.#offsetMs + this.monotonicMs())
  }

  monotonicMs(): number {
    return this.#world.monotonicMs() * this.#rate
  }

  setTimer(callback: () => void, delayMs: number): Cancel {
    let isWanted = true
    const fire = (): void => {
      if (isWanted) callback()
    }
    const cancel = this.#world.setTimer(
      () => {
        this.#gate.run(fire)
      },
      Math.max(0, delayMs) / this.#rate,
    )
    return () => {
      isWanted = false
      cancel()
    }
  }

  /** Moves the wall clock alone, as NTP or an operator does. Timers do not notice. */
  jumpWall(byMs: number): void {
    this.#offsetMs += byMs
  }
}
