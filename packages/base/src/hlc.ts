import { baseError } from './base-errors.js'
import type { Clock } from './clock.js'

/** A stamp of the hybrid logical clock: close to wall time, and never going back. */
export interface Hlc {
  /** Wall milliseconds since 1970, or later when a peer was ahead. */
  readonly wallMs: number
  /** Orders stamps of one millisecond; 0 to {@link HLC_COUNTER_MAX}. */
  readonly counter: number
}

/** Two bytes on the wire; a node that needs more in one millisecond is being driven by a hostile peer. */
export const HLC_COUNTER_MAX = 0xffff

/** Five times what NTP on a LAN leaves; a stamp further ahead would win every conflict for that long. */
export const DEFAULT_MAX_SKEW_MS = 500

/** Half the default skew: after a crash a node starts at its ceiling, and peers must still believe it. */
export const DEFAULT_CEILING_WINDOW_MS = 250

export const compareHlc = (a: Hlc, b: Hlc): number => a.wallMs - b.wallMs || a.counter - b.counter

const isHlc = ({ wallMs, counter }: Hlc): boolean =>
  Number.isSafeInteger(wallMs) &&
  wallMs >= 0 &&
  Number.isInteger(counter) &&
  counter >= 0 &&
  counter <= HLC_COUNTER_MAX

export interface HybridClockOptions {
  readonly clock: Clock
  /** Refuse stamps further ahead of the wall clock than this. Default 500 ms. */
  readonly maxSkewMs?: number
  /** How far ahead of use the persisted ceiling is set. Default 250 ms. */
  readonly ceilingWindowMs?: number
  /** The greatest stamp and the ceiling that were persisted before this start. */
  readonly restored?: { readonly last?: Hlc; readonly ceilingMs?: number }
}

/**
 * The hybrid logical clock of one node. Stamps at or below the persisted ceiling may leave the
 * node at once; a greater one must wait until a higher ceiling is on disk, so that no stamp is
 * ever given out twice, whatever a crash or the wall clock does.
 */
export class HybridClock {
  readonly #clock: Clock
  readonly #maxSkewMs: number
  readonly #windowMs: number
  #wallMs: number
  #counter: number
  #ceilingMs: number

  constructor(options: HybridClockOptions) {
    this.#clock = options.clock
    this.#maxSkewMs = options.maxSkewMs ?? DEFAULT_MAX_SKEW_MS
    this.#windowMs = options.ceilingWindowMs ?? DEFAULT_CEILING_WINDOW_MS
    const last = options.restored?.last ?? { wallMs: 0, counter: 0 }
    const ceilingMs = options.restored?.ceilingMs ?? 0
    this.#wallMs = last.wallMs
    this.#counter = last.counter
    this.#ceilingMs = ceilingMs
    // At the ceiling itself, too: stamps with any counter may have left under it.
    if (ceilingMs > 0 && ceilingMs >= this.#wallMs) {
      this.#wallMs = ceilingMs
      this.#counter = HLC_COUNTER_MAX
    }
  }

  /** A stamp greater than every one made or seen before. Throws `CLOCK_EXHAUSTED`. */
  tick(): Hlc {
    const nowMs = Math.floor(this.#clock.nowMs())
    if (nowMs > this.#wallMs) {
      this.#wallMs = nowMs
      this.#counter = 0
    } else if (this.#counter < HLC_COUNTER_MAX) {
      this.#counter++
    } else if (this.#wallMs + 1 - nowMs <= this.#maxSkewMs) {
      this.#wallMs++
      this.#counter = 0
    } else {
      throw baseError(
        'CLOCK_EXHAUSTED',
        `no stamp is left within ${this.#maxSkewMs} ms of the clock`,
      )
    }
    return { wallMs: this.#wallMs, counter: this.#counter }
  }

  /**
   * Throws `CLOCK_SKEW` for a stamp that is too far ahead, and `INVALID_ARGUMENT` for one that is
   * none (a counter that is not a number would poison every later comparison). Follows neither.
   */
  check(stamp: Hlc): void {
    if (!isHlc(stamp))
      throw baseError(
        'INVALID_ARGUMENT',
        `a stamp has whole milliseconds and a counter of 0 to ${String(HLC_COUNTER_MAX)}`,
      )
    const aheadMs = stamp.wallMs - this.#clock.nowMs()
    if (aheadMs > this.#maxSkewMs)
      throw baseError(
        'CLOCK_SKEW',
        `the stamp is ${String(Math.round(aheadMs))} ms ahead of this clock; at most ${String(this.#maxSkewMs)} ms are accepted`,
        { details: { aheadMs, maxSkewMs: this.#maxSkewMs } },
      )
  }

  /** Takes note of a peer's stamp, so that the next {@link tick} is greater. Throws as {@link check}. */
  receive(stamp: Hlc): void {
    this.check(stamp)
    if (compareHlc(stamp, this.last) <= 0) return
    this.#wallMs = stamp.wallMs
    this.#counter = stamp.counter
  }

  /** The greatest stamp made or seen. */
  get last(): Hlc {
    return { wallMs: this.#wallMs, counter: this.#counter }
  }

  /** True when the stamp may leave this node before anything further is synced. */
  isCovered(stamp: Hlc): boolean {
    return stamp.wallMs <= this.#ceilingMs
  }

  /** The ceiling to persist with the next batch. */
  nextCeilingMs(): number {
    return Math.max(this.#ceilingMs, this.#wallMs + this.#windowMs)
  }

  /** Tells that a ceiling is on disk. */
  ceilingPersisted(ceilingMs: number): void {
    this.#ceilingMs = Math.max(this.#ceilingMs, ceilingMs)
  }
}
