import {
  abortable,
  codeOf,
  isAbort,
  type Clock,
  type Deadlines,
  type Expiring,
  type Port,
} from '@bzzz/base'
import type { AdaptiveDeadline } from './pure/deadline.js'
import type { SideStats } from './stats.js'

export interface RealCallsOptions {
  readonly port: Pick<Port<never>, 'judge' | 'unavailable'>
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly deadline: AdaptiveDeadline
  readonly stats: SideStats
  readonly slowMs: number
  /** A call for this key ended: it was answered, or found real unavailable. */
  readonly onEnd: (key: string | undefined, isAvailable: boolean) => void
}

export interface RealCallLimits {
  readonly key?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** False for an answer that tells of an outage: a write that is pending. Default: every one is good. */
  isGood?(answer: unknown): boolean
}

/** A call whose own deadline passed in real gets this long to say so itself, milliseconds. */
const GRACE_MS = 10

/** Later than this, a deadline tells of a stall of this process rather than of real, milliseconds. */
const STALL_MS = 20

/** Calls of the real side: bounded in time, counted, and judged. */
export class RealCalls {
  readonly #options: RealCallsOptions
  windowCalls = 0
  windowErrors = 0
  windowSlow = 0

  constructor(options: RealCallsOptions) {
    this.#options = options
  }

  /** Present deadline of one call, milliseconds. */
  get deadlineMs(): number {
    return this.#options.deadline.ms
  }

  /**
   * The outcome of the call, `ABORTED` when the caller's signal fires, or the port's `unavailable`
   * once real has overstayed `timeoutMs`.
   */
  run<T>(call: (timeoutMs: number) => Promise<T>, limits: RealCallLimits): Promise<T> {
    const bounded = this.#bounded(call, limits)
    return limits.signal === undefined ? bounded : abortable(bounded, limits.signal)
  }

  #bounded<T>(
    call: (timeoutMs: number) => Promise<T>,
    { key, timeoutMs, isGood }: RealCallLimits,
  ): Promise<T> {
    const { clock, deadlines, port, stats } = this.#options
    const startMs = clock.monotonicMs()
    stats.calls++
    this.windowCalls++
    return new Promise<T>((resolve, reject) => {
      let isOver = false
      const deadline: Expiring = {
        deadlineAtMs: startMs + timeoutMs + GRACE_MS,
        expire: () => {
          isOver = true
          const lateMs = clock.monotonicMs() - deadline.deadlineAtMs
          this.#failed(key, lateMs > STALL_MS)
          reject(port.unavailable(`real gave no answer within ${timeoutMs} ms`))
        },
      }
      deadlines.watch(deadline)
      call(timeoutMs).then(
        (answer) => {
          if (isOver) return
          deadlines.forget(deadline)
          if (isGood === undefined || isGood(answer))
            this.#succeeded(key, clock.monotonicMs() - startMs)
          else this.#failed(key, false)
          resolve(answer)
        },
        (error: unknown) => {
          if (isOver) return
          deadlines.forget(deadline)
          this.#rejected(key, error, clock.monotonicMs() - startMs)
          reject(error as Error)
        },
      )
    })
  }

  #succeeded(key: string | undefined, tookMs: number): void {
    const { deadline, stats, slowMs, onEnd } = this.#options
    stats.record(tookMs)
    deadline.record(tookMs)
    if (tookMs > slowMs) this.windowSlow++
    onEnd(key, true)
  }

  #rejected(key: string | undefined, error: unknown, tookMs: number): void {
    if (isAbort(error) || codeOf(error) === 'NOT_STARTED') return
    if (this.#options.port.judge(error) === 'answered') this.#succeeded(key, tookMs)
    else this.#failed(key, false)
  }

  #failed(key: string | undefined, isStall: boolean): void {
    this.#options.stats.errors++
    if (isStall) return
    this.windowErrors++
    this.#options.onEnd(key, false)
  }

  /** What the window saw; begins the next. */
  roll(): { calls: number; errors: number; slow: number } {
    const seen = { calls: this.windowCalls, errors: this.windowErrors, slow: this.windowSlow }
    this.windowCalls = 0
    this.windowErrors = 0
    this.windowSlow = 0
    this.#options.deadline.roll()
    return seen
  }
}
