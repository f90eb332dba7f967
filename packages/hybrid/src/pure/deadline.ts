/** The share of calls that a deadline is made for. */
const SHARE = 0.99

/** How far above that share's latency a call may take. */
const FACTOR = 2

/**
 * The deadline of one call of real, milliseconds: twice the p99 of its successful calls in the last
 * two windows, between two bounds. Whole milliseconds. It starts at the upper bound, and returns to it
 * when no call succeeded in two windows: a deadline below what real can do would otherwise never see
 * the answer that would raise it.
 */
export class AdaptiveDeadline {
  #minMs = 0
  #maxMs = 0
  /** Calls per deadline that would have sufficed for them with the factor, 0 to the upper bound. */
  #present = new Uint32Array(0)
  #former = new Uint32Array(0)
  #ms = 0

  constructor(minMs: number, maxMs: number) {
    this.setBounds(minMs, maxMs)
  }

  /** Other bounds: it begins anew. */
  setBounds(minMs: number, maxMs: number): void {
    this.#minMs = Math.ceil(minMs)
    this.#maxMs = Math.max(this.#minMs, Math.ceil(maxMs))
    this.#present = new Uint32Array(this.#maxMs + 1)
    this.#former = new Uint32Array(this.#maxMs + 1)
    this.#ms = this.#maxMs
  }

  get ms(): number {
    return this.#ms
  }

  /** A call that was answered. Allocates nothing. */
  record(tookMs: number): void {
    const wanted = tookMs > 0 ? Math.min(Math.ceil(FACTOR * tookMs), this.#maxMs) : 0
    this.#present[wanted] = (this.#present[wanted] ?? 0) + 1
  }

  /** A window ended: the deadline changes now, and only now. */
  roll(): void {
    this.#ms = Math.max(this.#minMs, this.#suffices() ?? this.#maxMs)
    const oldest = this.#former
    this.#former = this.#present
    this.#present = oldest.fill(0)
  }

  /** The deadline that suffices for the share of both windows; undefined without a call. */
  #suffices(): number | undefined {
    let calls = 0
    for (let ms = 0; ms <= this.#maxMs; ms++) calls += this.#at(ms)
    let covered = 0
    for (let ms = 0; ms <= this.#maxMs; ms++) {
      covered += this.#at(ms)
      if (covered > 0 && covered >= SHARE * calls) return ms
    }
    return undefined
  }

  #at(ms: number): number {
    return (this.#present[ms] ?? 0) + (this.#former[ms] ?? 0)
  }
}
