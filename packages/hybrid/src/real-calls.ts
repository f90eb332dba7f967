import {
  abortable,
  codeOf,
  isAbort,
  messageOf,
  type Cancel,
  type Clock,
  type Level,
  type Port,
} from '@bzzz/base'
import type { AdaptiveDeadline } from './pure/deadline.js'
import type { SideStats } from './stats.js'

/** A moment that all calls of the next few milliseconds share. */
export interface Tick {
  /** Monotonic milliseconds. */
  readonly atMs: number
}

/** What real is asked. */
export interface Asked {
  readonly key: string
  /** Real counts as unavailable when it has not answered by then, milliseconds. */
  readonly timeoutMs: number
  /**
   * That real is unavailable for it says something about real. Not so where the caller chose a level
   * or a wait that may never suffice: nobody else's calls shall fall back for that.
   */
  readonly isOrdinary: boolean
}

/** What becomes of it; what these throw reaches the caller. */
export interface AskedEnds<A extends Asked> {
  /** What the caller gets for an answer of real. */
  answered(asked: A, answer: unknown): unknown
  /** What the caller gets where real is unavailable. */
  unavailable(asked: A, error: unknown): unknown
  /** False for an answer that tells of an outage: a write that is pending. Default: true. */
  isGood?(answer: unknown): boolean
}

const NO_TICK: Tick = { atMs: 0 }

const NOTHING = (): void => {}

/** The level that a mesh in good health gives: more may never suffice, and less takes less time. */
export const isOrdinaryLevel = (level: Level | undefined): boolean =>
  level === undefined || level === 'quorum'

/** One call under way. No subclasses: they would cost as much as all of its routing. */
class RealCall {
  readonly asked: Asked
  readonly ends: AskedEnds<Asked>
  /** The tick in which it began, and its precise begin when its latency is measured. */
  readonly tick: Tick
  readonly measuredFromMs: number | undefined
  /** Where it stands among the calls under way. */
  place = 0
  isOver = false
  resolve: (outcome: unknown) => void = NOTHING
  reject: (error: Error) => void = NOTHING

  constructor(
    asked: Asked,
    ends: AskedEnds<Asked>,
    tick: Tick,
    measuredFromMs: number | undefined,
  ) {
    this.asked = asked
    this.ends = ends
    this.tick = tick
    this.measuredFromMs = measuredFromMs
  }
}

export interface RealCallsOptions {
  readonly port: Pick<Port<never>, 'judge' | 'unavailable'>
  readonly clock: Clock
  readonly deadline: AdaptiveDeadline
  readonly stats: SideStats
  readonly slowMs: number
  /** A call for this key ended: it was answered, or found real unavailable. */
  readonly onEnd: (key: string, isAvailable: boolean, tick: Tick) => void
}

/** Deadlines are looked at this often, milliseconds, and pass at most two of these late. */
const TICK_MS = 5

/** A tick that comes this much late tells of a stall of this process: answers are let in first. */
const LATE_MS = 10

/** Calls of one tick whose latency is measured: all of them, unless they come by the thousand. */
const MEASURED_PER_TICK = 4

/**
 * Calls of the real side: bounded in time, counted and judged. A call that ends within its tick costs
 * neither a timer nor a look at the clock.
 */
export class RealCalls {
  readonly #options: RealCallsOptions
  readonly #underway: RealCall[] = []
  #tick = NO_TICK
  #measured = 0
  #cancelTick: Cancel | undefined
  #isLate = false
  /** Of ordinary calls: what a caller of its own demands sees neither opens the breaker nor hides it. */
  #window = { calls: 0, errors: 0, slow: 0 }

  constructor(options: RealCallsOptions) {
    this.#options = options
  }

  /** Present deadline of a call whose caller states none, milliseconds. */
  get deadlineMs(): number {
    return this.#options.deadline.ms
  }

  /** Follows a call to its end, to `ABORTED` by the signal, or to its deadline. */
  run<A extends Asked>(
    asked: A,
    ends: AskedEnds<A>,
    answer: Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { clock, stats } = this.#options
    stats.calls++
    if (asked.isOrdinary) this.#window.calls++
    if (this.#cancelTick === undefined) this.#startTicks()
    const isMeasured = this.#measured < MEASURED_PER_TICK
    if (isMeasured) this.#measured++
    const startMs = isMeasured ? clock.monotonicMs() : undefined
    const call = new RealCall(asked, ends, this.#tick, startMs)
    call.place = this.#underway.push(call) - 1
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
    for (const call of Array.from(this.#underway)) this.#expire(call, 'this node is stopping')
  }

  #answered(call: RealCall, value: unknown): void {
    if (call.isOver) return
    this.#leave(call)
    const { asked, ends } = call
    if (ends.isGood === undefined || ends.isGood(value)) this.#succeeded(call)
    else this.#failed(asked)
    try {
      call.resolve(ends.answered(asked, value))
    } catch (error) {
      call.reject(error as Error)
    }
  }

  #rejected(call: RealCall, error: unknown): void {
    if (call.isOver) return
    this.#leave(call)
    if (isAbort(error)) {
      call.reject(error as Error)
      return
    }
    // A side that has stopped under its hybrid answers no more than one that is away.
    if (codeOf(error) !== 'NOT_STARTED' && this.#options.port.judge(error) === 'answered') {
      this.#succeeded(call)
      call.reject(error as Error)
      return
    }
    this.#failed(call.asked)
    unavailable(call, this.#inPortsWords(error))
  }

  /**
   * This process stood still for a while: what failed by a deadline meanwhile tells of it rather than
   * of real.
   */
  get #wasStill(): boolean {
    return this.#isLate || this.#options.clock.monotonicMs() - this.#tick.atMs > TICK_MS + LATE_MS
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
    const { isOrdinary } = call.asked
    if (isTimed || call.tick !== this.#tick) {
      const tookMs = clock.monotonicMs() - (call.measuredFromMs ?? call.tick.atMs)
      if (tookMs > slowMs && isOrdinary) this.#window.slow++
      if (isTimed) {
        stats.record(tookMs)
        // The deadline is for calls at a quorum: faster ones would make it too short for them.
        if (isOrdinary) deadline.record(tookMs)
      }
    }
    onEnd(call.asked.key, true, this.#tick)
  }

  #failed({ key, isOrdinary }: Asked): void {
    this.#options.stats.errors++
    if (!isOrdinary || this.#wasStill) return
    this.#window.errors++
    this.#options.onEnd(key, false, this.#tick)
  }

  /** A call that is over takes no room: the last one stands in its place. */
  #leave(call: RealCall): void {
    call.isOver = true
    const last = this.#underway.pop()
    if (last === undefined || last === call) return
    this.#underway[call.place] = last
    last.place = call.place
  }

  #startTicks(): void {
    this.#tick = { atMs: this.#options.clock.monotonicMs() }
    this.#measured = 0
    this.#armTick(TICK_MS)
  }

  #armTick(delayMs: number): void {
    const { clock } = this.#options
    const dueMs = clock.monotonicMs() + delayMs
    this.#cancelTick = clock.setTimer(() => {
      const nowMs = clock.monotonicMs()
      if (delayMs > 0 && nowMs - dueMs > LATE_MS) {
        this.#isLate = true
        this.#armTick(0)
      } else this.#onTick(nowMs)
    }, delayMs)
  }

  #onTick(nowMs: number): void {
    this.#tick = { atMs: nowMs }
    this.#measured = 0
    for (const call of Array.from(this.#underway))
      if (nowMs - call.tick.atMs >= call.asked.timeoutMs + TICK_MS)
        this.#expire(call, `real gave no answer within ${call.asked.timeoutMs} ms`)
    this.#isLate = false
    if (this.#underway.length === 0) this.#cancelTick = undefined
    else this.#armTick(TICK_MS)
  }

  #expire(call: RealCall, why: string): void {
    if (call.isOver) return
    this.#leave(call)
    const { port } = this.#options
    this.#failed(call.asked)
    unavailable(call, port.unavailable(why))
  }
}

const unavailable = (call: RealCall, why: unknown): void => {
  try {
    call.resolve(call.ends.unavailable(call.asked, why))
  } catch (error) {
    call.reject(error as Error)
  }
}
