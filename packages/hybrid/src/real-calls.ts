import {
  abortable,
  codeOf,
  isAbort,
  messageOf,
  type Cancel,
  type Clock,
  type Port,
} from '@bzzz/base'
import type { AdaptiveDeadline } from './pure/deadline.js'
import type { SideStats } from './stats.js'

/** One call of the real side, under way. */
export abstract class RealCall {
  readonly key: string
  readonly timeoutMs: number
  /** The tick in which it began, and its precise begin when its latency is measured. */
  tickMs = 0
  measuredFromMs: number | undefined
  isOver = false
  resolve: (outcome: unknown) => void = () => {}
  reject: (error: Error) => void = () => {}

  constructor(key: string, timeoutMs: number) {
    this.key = key
    this.timeoutMs = timeoutMs
  }

  /** What the caller gets for an answer of real; what it throws reaches the caller. */
  abstract answered(answer: unknown): unknown
  /** What the caller gets where real is unavailable. */
  abstract unavailable(error: unknown): unknown
  /** False for an answer that tells of an outage: a write that is pending. */
  isGood(_answer: unknown): boolean {
    return true
  }
}

export interface RealCallsOptions {
  readonly port: Pick<Port<never>, 'judge' | 'unavailable'>
  readonly clock: Clock
  readonly deadline: AdaptiveDeadline
  readonly stats: SideStats
  readonly slowMs: number
  /** A call for this key ended: it was answered, or found real unavailable. */
  readonly onEnd: (key: string, isAvailable: boolean) => void
}

/** Deadlines are looked at this often, milliseconds, and pass at most two of these late. */
const TICK_MS = 5

/** A tick that comes this much late tells of a stall of this process: answers are let in first. */
const LATE_MS = 10

/** Calls of one tick whose latency is measured: all of them, unless they come by the thousand. */
const MEASURED_PER_TICK = 4

/** Calls that are kept, over or not, before those that are over are let go. */
const COMPACT_MIN = 256

/**
 * Calls of the real side: bounded in time, counted and judged. A call that ends within its tick costs
 * neither a timer nor a look at the clock.
 */
export class RealCalls {
  readonly #options: RealCallsOptions
  #underway: RealCall[] = []
  #compactAt = COMPACT_MIN
  #tickMs = 0
  #measured = 0
  #cancelTick: Cancel | undefined
  #window = { calls: 0, errors: 0, slow: 0 }

  constructor(options: RealCallsOptions) {
    this.#options = options
  }

  /** Present deadline of a call whose caller states none, milliseconds. */
  get deadlineMs(): number {
    return this.#options.deadline.ms
  }

  /** Follows the call to its end, to `ABORTED` by the signal, or to its deadline. */
  run(call: RealCall, answer: Promise<unknown>, signal?: AbortSignal): Promise<unknown> {
    const { clock, stats } = this.#options
    stats.calls++
    this.#window.calls++
    if (this.#cancelTick === undefined) this.#startTicks()
    call.tickMs = this.#tickMs
    if (this.#measured < MEASURED_PER_TICK) {
      this.#measured++
      call.measuredFromMs = clock.monotonicMs()
    }
    if (this.#underway.push(call) >= this.#compactAt) this.#compact()
    const outcome = new Promise<unknown>((resolve, reject) => {
      call.resolve = resolve
      call.reject = reject
      answer.then(
        (value) => {
          this.#answered(call, value)
        },
        (error: unknown) => {
          this.#rejected(call, error)
        },
      )
    })
    return signal === undefined ? outcome : abortable(outcome, signal)
  }

  /** What the window saw; begins the next. */
  roll(): { calls: number; errors: number; slow: number } {
    const seen = this.#window
    this.#window = { calls: 0, errors: 0, slow: 0 }
    this.#options.deadline.roll()
    return seen
  }

  /** Nobody is left waiting. */
  stop(): void {
    this.#cancelTick?.()
    this.#cancelTick = undefined
    for (const call of this.#compact()) this.#expire(call, 'this node is stopping')
  }

  #answered(call: RealCall, value: unknown): void {
    if (call.isOver) return
    call.isOver = true
    if (call.isGood(value)) this.#succeeded(call)
    else this.#failed(call.key)
    settle(call, () => call.answered(value))
  }

  #rejected(call: RealCall, error: unknown): void {
    if (call.isOver) return
    call.isOver = true
    if (isAbort(error) || codeOf(error) === 'NOT_STARTED') {
      call.reject(error as Error)
      return
    }
    if (this.#options.port.judge(error) === 'answered') {
      this.#succeeded(call)
      call.reject(error as Error)
      return
    }
    this.#failed(call.key)
    settle(call, () => call.unavailable(this.#inPortsWords(error)))
  }

  /** An outage as the port tells of it, whatever stands behind the real side. */
  #inPortsWords(error: unknown): unknown {
    const own = this.#options.port.unavailable(messageOf(error), { cause: error })
    return codeOf(error) === own.code ? error : own
  }

  #succeeded(call: RealCall): void {
    const { clock, deadline, stats, slowMs, onEnd } = this.#options
    // Within its tick a call was fast, and most are not measured.
    const isTimed = call.measuredFromMs !== undefined
    if (isTimed || call.tickMs !== this.#tickMs) {
      const tookMs = clock.monotonicMs() - (call.measuredFromMs ?? call.tickMs)
      if (tookMs > slowMs) this.#window.slow++
      if (isTimed) {
        stats.record(tookMs)
        deadline.record(tookMs)
      }
    }
    onEnd(call.key, true)
  }

  #failed(key: string): void {
    this.#options.stats.errors++
    this.#window.errors++
    this.#options.onEnd(key, false)
  }

  #startTicks(): void {
    this.#tickMs = this.#options.clock.monotonicMs()
    this.#measured = 0
    this.#armTick(TICK_MS)
  }

  #armTick(delayMs: number): void {
    const { clock } = this.#options
    const dueMs = clock.monotonicMs() + delayMs
    this.#cancelTick = clock.setTimer(() => {
      const nowMs = clock.monotonicMs()
      if (delayMs > 0 && nowMs - dueMs > LATE_MS) this.#armTick(0)
      else this.#tick(nowMs)
    }, delayMs)
  }

  #tick(nowMs: number): void {
    this.#tickMs = nowMs
    this.#measured = 0
    const underway = this.#compact()
    for (const call of underway)
      if (nowMs - call.tickMs >= call.timeoutMs + TICK_MS)
        this.#expire(call, `real gave no answer within ${call.timeoutMs} ms`)
    if (underway.length === 0) this.#cancelTick = undefined
    else this.#armTick(TICK_MS)
  }

  /** Those that are not over; callers that never let a timer run would keep all others as well. */
  #compact(): readonly RealCall[] {
    this.#underway = this.#underway.filter((call) => !call.isOver)
    this.#compactAt = Math.max(COMPACT_MIN, 2 * this.#underway.length)
    return this.#underway
  }

  #expire(call: RealCall, why: string): void {
    call.isOver = true
    const { port } = this.#options
    this.#failed(call.key)
    settle(call, () => call.unavailable(port.unavailable(why)))
  }
}

const settle = (call: RealCall, outcome: () => unknown): void => {
  try {
    call.resolve(outcome())
  } catch (error) {
    call.reject(error as Error)
  }
}
