import { compareVersions, type Clock } from '@bzzz/base'
import type { Switchable } from './hybrid.js'
import type { Asked, AskedEnds, RealCalls } from './real-calls.js'
import type { ReadRow } from './rows.js'
import type { HybridState } from './state.js'
import type { ShadowMismatch } from './metrics.js'
import type { Stats } from './stats.js'

/** Comparisons under way at once; what comes beyond is not compared. */
const IN_FLIGHT_MAX = 64

const SAMPLES_MAX = 16

interface Compared {
  readonly op: string
  readonly row: ReadRow
  readonly key: string
  readonly args: readonly unknown[]
}

/** A read whose outcome nobody waits for. */
interface Comparison extends Asked {
  readonly read: Compared
}

/** Asks real what the store has answered, and counts where their versions differ. */
export class Shadow<I extends Switchable> {
  readonly #state: HybridState<I>
  readonly #calls: RealCalls
  readonly #stats: Stats
  readonly #clock: Clock
  readonly #samples: ShadowMismatch[] = []
  readonly #ends: AskedEnds<Comparison>
  #inFlight = 0

  constructor(state: HybridState<I>, calls: RealCalls, stats: Stats, clock: Clock) {
    this.#state = state
    this.#calls = calls
    this.#stats = stats
    this.#clock = clock
    this.#ends = {
      answered: ({ read }, answer) => {
        this.#judge(read, answer)
      },
      unavailable: () => {},
    }
  }

  /** The newest mismatches, oldest first. */
  get samples(): readonly ShadowMismatch[] {
    return this.#samples
  }

  /** Nobody waits for it; its outcome is only counted. */
  compare(read: Compared): void {
    const { side, phase } = this.#state
    if (side === undefined || phase !== 'real' || this.#inFlight >= IN_FLIGHT_MAX) return
    this.#inFlight++
    const asked = { read, key: read.key, timeoutMs: this.#calls.deadlineMs, isOrdinary: false }
    const answer = this.#state.realMethod(read.op)(...read.args)
    const end = (): void => {
      this.#inFlight--
    }
    this.#calls.run(asked, this.#ends, answer).then(end, end)
  }

  #judge({ op, row, key }: Compared, answer: unknown): void {
    const { store } = this.#state
    // What is on its way is bound to differ.
    if (store.isDirty(key)) return
    this.#stats.shadowCompared++
    const head = store.head(key)
    const here = head === undefined || head.deleted ? undefined : head.version
    const there = row.version?.(answer)
    const isSame =
      here === undefined || there === undefined
        ? here === there
        : compareVersions(here, there) === 0
    if (isSame) return
    this.#stats.shadowMismatches++
    this.#samples.push({ op, key, atMs: this.#clock.nowMs() })
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift()
  }
}
