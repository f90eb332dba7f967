import { seededRandom, type BzzzError, type Cancel, type Clock, type Random } from '@bzzz/base'
import { simError } from './errors.js'
import { EventHeap, type SimEvent } from './event-heap.js'
import type { Ground } from './ground.js'
import { SimClock, type SimClockOptions } from './sim-clock.js'
import { mixSeed, Trace } from './trace.js'
import { platformTurn, type Turn } from './turn.js'

export interface WorldOptions {
  /** Everything random in the world follows from it. Default 1. */
  readonly seed?: number
  /** Wall time at the start, milliseconds since 1970. Default 1,700,000,000,000. */
  readonly startMs?: number
  /** How promise callbacks are let run between two events. Default: one turn of the task queue. */
  readonly turn?: Turn
}

export interface SettleOptions {
  /** How long nothing may be in flight before the world counts as settled. Default 250 ms. */
  readonly quietMs?: number
  /** Give up with `SIM_STUCK` after this long. Default 60,000 ms. */
  readonly boundMs?: number
}

/** Someone who waits for the world to get somewhere. */
interface Goal {
  readonly boundMs: number
  isReached(): boolean
  reached(): void
  boundPassed(): void
  fail(error: unknown): void
}

/**
 * A simulated world: virtual time, seeded randomness, and a queue of events. Code under test runs
 * unchanged on the clocks, networks and disks of the world. Between two events every promise
 * callback that is ready runs to its end, so that equal seeds give equal traces.
 */
export class World implements Ground {
  readonly seed: number
  /** The world's own clock: exact. Give each node one of {@link nodeClock}. */
  readonly clock: Clock
  readonly random: Random
  readonly trace: Trace = new Trace()
  readonly #heap = new EventHeap()
  readonly #turn: Turn
  #nowMs = 0
  #order = 0
  #foreground = 0
  #foregroundTotal = 0
  #goals: Goal[] = []
  #isLooping = false
  #drivers = 0
  #wake: (() => void) | undefined
  #failure: BzzzError | undefined

  constructor(options: WorldOptions = {}) {
    this.seed = options.seed ?? 1
    this.#turn = options.turn ?? platformTurn()
    this.random = this.stream('world')
    const startMs = options.startMs ?? 1_700_000_000_000
    this.clock = {
      nowMs: () => Math.floor(startMs + this.#nowMs),
      monotonicMs: () => this.#nowMs,
      setTimer: (callback, delayMs) => this.#plan(delayMs, callback, 'timer', false),
    }
  }

  /** Simulated milliseconds since the start. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Events planned and not yet happened, cancelled ones included. */
  get pendingEvents(): number {
    return this.#heap.size
  }

  /** Randomness of its own for one part, so that a draw more in one part changes no other. */
  stream(name: string): Random {
    return seededRandom(mixSeed(this.seed, name))
  }

  nodeClock(options: SimClockOptions = {}): SimClock {
    return new SimClock(this.clock, options)
  }

  after(delayMs: number, callback: () => void, label: string): Cancel {
    return this.#plan(delayMs, callback, label, true)
  }

  /** Adds a line to the trace, and to its hash. */
  note(what: string): void {
    this.trace.add(this.#nowMs, what)
  }

  /** Lets time pass up to this instant, and everything happen that is due. */
  run(untilMs: number): Promise<void> {
    return this.#pursue<undefined>(untilMs - this.#nowMs, (resolve) => ({
      isReached: () => false,
      reached: () => {},
      boundPassed: () => {
        resolve(undefined)
      },
    }))
  }

  runFor(durationMs: number): Promise<void> {
    return this.run(this.#nowMs + durationMs)
  }

  /** Lets events happen until the condition holds. Rejects with `SIM_STUCK` after `boundMs`. */
  runUntil(condition: () => boolean, boundMs: number): Promise<void> {
    return this.#pursue<undefined>(boundMs, (resolve, reject) => ({
      isReached: condition,
      reached: () => {
        resolve(undefined)
      },
      boundPassed: () => {
        reject(this.#stuck(boundMs))
      },
    }))
  }

  /** Runs the world until the promise settles, and gives its outcome. `SIM_STUCK` after `boundMs`. */
  async complete<T>(work: Promise<T>, boundMs = 60_000): Promise<T> {
    let isSettled = false
    const settle = (): void => {
      isSettled = true
    }
    work.then(settle, settle)
    await this.runUntil(() => isSettled, boundMs)
    return work
  }

  /** Runs until no message, request or disk operation has been in flight for a while. */
  async settle(options: SettleOptions = {}): Promise<void> {
    const { quietMs = 250, boundMs = 60_000 } = options
    const untilMs = this.#nowMs + boundMs
    for (;;) {
      await this.runUntil(() => this.#foreground === 0, untilMs - this.#nowMs)
      const before = this.#foregroundTotal
      await this.runFor(quietMs)
      if (this.#foreground === 0 && this.#foregroundTotal === before) return
      if (this.#nowMs >= untilMs) throw this.#stuck(boundMs)
    }
  }

  /**
   * Lets events happen by themselves until the returned function is called, for code that awaits
   * simulated work and knows nothing of a world, such as a contract suite.
   */
  drive(): () => void {
    this.#drivers++
    let isDriving = true
    this.#loop()
    this.#wake?.()
    return () => {
      if (isDriving) this.#drivers--
      isDriving = false
      this.#wake?.()
    }
  }

  #plan(delayMs: number, callback: () => void, label: string, isForeground: boolean): Cancel {
    const event: SimEvent = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      label,
      isForeground,
      callback,
    }
    this.#heap.push(event)
    if (isForeground) {
      this.#foreground++
      this.#foregroundTotal++
    }
    this.#wake?.()
    return () => {
      if (event.callback === undefined) return
      event.callback = undefined
      if (isForeground) this.#foreground--
    }
  }

  #pursue<T>(
    boundMs: number,
    make: (
      resolve: (value: T) => void,
      reject: (error: unknown) => void,
    ) => Omit<Goal, 'boundMs' | 'fail'>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#goals.push({
        boundMs: this.#nowMs + Math.max(0, boundMs),
        fail: reject,
        ...make(resolve, reject),
      })
      this.#loop()
      this.#wake?.()
    })
  }

  #loop(): void {
    if (this.#isLooping) return
    this.#isLooping = true
    void this.#events()
  }

  async #events(): Promise<void> {
    // What was called before the world ran gets as far as it can without it.
    await this.#turn()
    while (this.#failure === undefined) {
      while (this.#leaveGoals((goal) => goal.isReached(), 'reached')) await this.#turn()
      if (this.#goals.length === 0 && this.#drivers === 0) break
      const horizonMs = Math.min(...this.#goals.map((goal) => goal.boundMs))
      const next = this.#nextEvent()
      if (next !== undefined && next.dueMs <= horizonMs) this.#happen(next)
      else if (horizonMs === Infinity) await this.#idle()
      else {
        this.#nowMs = Math.max(this.#nowMs, horizonMs)
        this.#leaveGoals((goal) => goal.boundMs <= this.#nowMs, 'boundPassed')
      }
      await this.#turn()
    }
    this.#isLooping = false
    for (const goal of this.#goals.splice(0)) goal.fail(this.#failure)
  }

  #nextEvent(): SimEvent | undefined {
    for (;;) {
      const next = this.#heap.peek()
      if (next === undefined || next.callback !== undefined) return next
      this.#heap.pop()
    }
  }

  #happen(event: SimEvent): void {
    this.#heap.pop()
    this.#nowMs = Math.max(this.#nowMs, event.dueMs)
    this.trace.add(this.#nowMs, event.label)
    const { callback } = event
    event.callback = undefined
    if (event.isForeground) this.#foreground--
    try {
      callback?.()
    } catch (cause) {
      this.fail(cause)
    }
  }

  /** Ends the simulation: everyone who runs the world gets `SIM_FAILED` with this cause. */
  fail(cause: unknown): void {
    this.#failure ??= simError('SIM_FAILED', `${this.#where()}: ${String(cause)}`, { cause })
    this.#wake?.()
  }

  #leaveGoals(leaves: (goal: Goal) => boolean, how: 'reached' | 'boundPassed'): boolean {
    const leaving = this.#goals.filter((goal) => leaves(goal))
    if (leaving.length === 0) return false
    this.#goals = this.#goals.filter((goal) => !leaving.includes(goal))
    for (const goal of leaving) goal[how]()
    return true
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = (): void => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  #where(): string {
    return `seed ${this.seed}, at ${this.#nowMs.toFixed(3)} ms, after ${this.trace.count} events`
  }

  #stuck(boundMs: number): BzzzError {
    const cause = this.#nextEvent() === undefined ? ', and nothing is left to happen' : ''
    return simError(
      'SIM_STUCK',
      `nothing came of it within ${boundMs} ms${cause} (${this.#where()}); the trace ends with\n` +
        this.trace.tail().join('\n'),
    )
  }
}
