import {
  isAbort,
  messageOf,
  Service,
  stopAll,
  systemClock,
  systemRandom,
  type AbortOptions,
  type Clock,
  type Listener,
  type ModeSetting,
  type Port,
  type Unsubscribe,
} from '@bzzz/base'
import type { Histogram } from '@bzzz/telemetry'
import type { HybridControls, HybridHealth, SetModeOptions } from './controls.js'
import { DeadLetters } from './dead-letters.js'
import { Drain } from './drain.js'
import { Switches } from './emitting.js'
import { hybridError } from './errors.js'
import type { Backlog, DeadLetter, HybridEvents, Phase, Side } from './events.js'
import { healthOf } from './health.js'
import type { Completeness, HybridOptions, Switchable } from './hybrid.js'
import type { HybridDetails, HybridMetrics } from './metrics.js'
import { CLOSED, stepBreaker, type BreakerEvent, type BreakerState } from './pure/breaker.js'
import { cohortOf } from './pure/cohort.js'
import { AdaptiveDeadline } from './pure/deadline.js'
import { Readiness } from './readiness.js'
import { Reads } from './reads.js'
import { RealCalls, type Tick } from './real-calls.js'
import { RealLifecycle } from './real-lifecycle.js'
import type { ProbeOutcome } from './recovery-driver.js'
import type { ReadRow, StreamRow, SubscribeRow, WriteRow } from './rows.js'
import { Shadow } from './shadow.js'
import { HybridState } from './state.js'
import { Stats } from './stats.js'
import { streamOf } from './streams.js'
import { Subscriptions } from './subscriptions.js'
import { assertSetting, Switcher } from './switcher.js'
import { DEFAULT_TUNING, LIVE_TUNING, type LiveTuning, type Tuning } from './tuning.js'
import { Upkeep } from './upkeep.js'
import { Writes } from './writes.js'

/** Share of the dirty bytes' cap from which the backlog counts as high. */
const BACKLOG_HIGH = 0.8

const inMemory = (): Completeness => {
  let isComplete = true
  return {
    load: () => Promise.resolve(isComplete),
    save: (next) => {
      isComplete = next
      return Promise.resolve()
    },
  }
}

/** What stands behind one hybrid: the parts, and the lifecycle of both sides. */
export class Engine<I extends Switchable> extends Service implements HybridControls {
  readonly component: string
  readonly #state: HybridState<I>
  readonly #clock: Clock
  /** Read where it is used, never copied: it changes while the hybrid runs. */
  readonly #tuning: { -readonly [K in keyof Tuning]: Tuning[K] }
  readonly #deadline: AdaptiveDeadline
  readonly #stats = new Stats()
  readonly #switches: Switches<I>
  readonly #calls: RealCalls
  readonly #reads: Reads<I>
  readonly #writes: Writes<I>
  readonly #shadow: Shadow<I>
  readonly #subscriptions: Subscriptions<I>
  readonly #deadLetters: DeadLetters
  readonly #drain: Drain<I>
  readonly #real: RealLifecycle<I>
  readonly #readiness: Readiness
  readonly #switcher: Switcher<I>
  readonly #completeness: Completeness
  readonly #upkeep: Upkeep<I>
  #breaker: BreakerState = CLOSED
  #lastProbe: ProbeOutcome | undefined
  #probeFailures = 0
  #isBacklogHigh = false

  constructor(port: Port<I>, options: HybridOptions<I>) {
    super(`the hybrid ${port.name}`)
    const { component, mock, store, setting } = options
    const { clock = systemClock, random = systemRandom, onListenerError = () => {} } = options
    assertSetting(setting)
    this.component = component
    this.#clock = clock
    this.#tuning = { ...DEFAULT_TUNING, ...options.tuning }
    const tuning: Tuning = this.#tuning
    this.#deadline = new AdaptiveDeadline(tuning.deadlineMinMs, tuning.deadlineMaxMs)
    this.#state = new HybridState(port, mock, store, setting)
    const state = this.#state
    const stats = this.#stats
    this.#switches = new Switches(component, state, stats, clock, onListenerError)
    this.#calls = new RealCalls({
      port,
      clock,
      deadline: this.#deadline,
      stats: stats.real,
      slowMs: tuning.slowMs,
      onEnd: (key, isAvailable, tick) => {
        this.#ended(key, isAvailable, tick)
      },
    })
    const calls = this.#calls
    const cohort = options.cohortOf ?? cohortOf
    this.#shadow = new Shadow(state, calls, stats, clock)
    this.#deadLetters = new DeadLetters(tuning.sendTriesMax, (letter) => {
      this.#switches.emitter.emit('dead-letter', letter)
    })
    const shared = { state, calls, stats, clock, random, cohortOf: cohort }
    const { strictTimeoutMs } = tuning
    this.#reads = new Reads({
      ...shared,
      shadow: this.#shadow,
      strictTimeoutMs,
      answersBytesMax: tuning.answersBytesMax,
    })
    this.#writes = new Writes({
      ...shared,
      strictTimeoutMs,
      dirtyBytesMax: () => tuning.dirtyBytesMax,
      onRefused: (record, error) => {
        this.#deadLetters.refused(record, error, clock.nowMs())
      },
    })
    this.#subscriptions = new Subscriptions(mock, (key) => key.startsWith(`${port.probe.key}/`))
    this.#drain = new Drain({ state, deadLetters: this.#deadLetters, clock, tuning })
    this.#readiness = new Readiness(
      clock,
      () => state.phase,
      () => this.hasQuorum,
    )
    this.#completeness = options.completeness ?? inMemory()
    this.#real = new RealLifecycle({
      state,
      make: options.real,
      subscriptions: this.#subscriptions,
      clock,
      random,
      tuning,
      onOpen: () => {
        this.#breaker = CLOSED
      },
      onStartFailed: (reason) => {
        this.#readiness.failed(`the real side did not start: ${reason}`)
      },
      driver: {
        state,
        drain: this.#drain,
        clock,
        random,
        tuning,
        onPhase: (from, to, reason) => {
          this.#phaseChanged(from, to, reason)
        },
        onProbe: (outcome) => {
          this.#probed(outcome)
        },
        onWorkFailed: (reason) => {
          this.#readiness.failed(reason)
        },
      },
    })
    this.#switcher = new Switcher({
      state,
      real: this.#real,
      readiness: this.#readiness,
      completeness: this.#completeness,
      clock,
      onMode: (from, to, reason) => {
        this.#switches.mode(from, to, reason)
      },
    })
    this.#upkeep = new Upkeep({
      state,
      drain: this.#drain,
      clock,
      windowMs: tuning.windowMs,
      onWindow: () => {
        this.#tellBreaker({ kind: 'window', ...this.#calls.roll() })
        this.#watchBacklog()
      },
    })
  }

  protected override async onStart(options: AbortOptions): Promise<void> {
    const state = this.#state
    const wasComplete = await this.#completeness.load()
    state.isComplete = wasComplete
    try {
      await state.mock.start(options)
      if (state.mode !== 'mock') await this.#enterMesh(options)
      this.#upkeep.start()
    } catch (error) {
      await this.#real.close().catch(() => {})
      await state.mock.stop().catch(() => {})
      // Nothing was answered in between, so what it held before is still what it knows of.
      if (state.mode !== 'mock') await this.#completeness.save(wasComplete).catch(() => {})
      if (isAbort(error)) throw error
      const message = `${this.component} cannot start: ${messageOf(error)}`
      throw hybridError('HYBRID_START_FAILED', message, { cause: error })
    }
  }

  /** From here on the mesh may hold what this node lacks, so the mark goes first. */
  async #enterMesh(options: AbortOptions): Promise<void> {
    await this.#completeness.save(false)
    if (this.#state.mode === 'real') await this.#real.open(options)
    else await this.#real.keepOpen(options)
  }

  protected override async onStop(): Promise<void> {
    this.#readiness.stop()
    this.#upkeep.stop()
    await this.#switcher.stop()
    await this.#writes.settled()
    const isAlone = this.#state.side?.isAlone?.() === true
    const real = { start: async () => {}, stop: () => this.#real.close() }
    await stopAll([this.#state.mock, { ...real, [Symbol.asyncDispose]: real.stop }]).finally(() => {
      this.#subscriptions.clear()
      this.#calls.stop()
      this.#switches.emitter.clear()
    })
    if (isAlone && this.#state.mode !== 'mock') await this.#completeness.save(true)
  }

  read(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    try {
      if (!this.isStarted) this.assertStarted()
      return this.#reads.run(op, row, args)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  write(op: string, row: WriteRow, args: readonly unknown[]): Promise<unknown> {
    try {
      this.assertStarted()
      return this.#writes.run(op, row, args)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  stream(op: string, row: StreamRow, args: readonly unknown[]): AsyncIterable<unknown> {
    this.assertStarted()
    return streamOf(this.#state, this.#stats, op, row, args)
  }

  subscribe(op: string, row: SubscribeRow, listener: Listener<unknown>): Unsubscribe {
    return this.#subscriptions.add(op, row, listener)
  }

  /** A member of the port that is no method. */
  member(name: string): unknown {
    return (this.#state.mock as unknown as Record<string, unknown>)[name]
  }

  get setting(): ModeSetting {
    return this.#state.setting
  }

  get serving(): Side {
    return this.#state.serving
  }

  get phase(): Phase {
    return this.#state.phase
  }

  get isComplete(): boolean {
    return this.#state.mode !== 'mock' || this.#state.isComplete
  }

  get hasQuorum(): boolean {
    return this.#real.driver?.hasQuorum ?? false
  }

  get durations(): { readonly mock: Histogram; readonly real: Histogram } {
    return { mock: this.#stats.mock.latency, real: this.#stats.real.latency }
  }

  async setMode(setting: Partial<ModeSetting>, options: SetModeOptions = {}): Promise<void> {
    this.assertStarted()
    await this.#switcher.set(setting, options)
  }

  on<K extends keyof HybridEvents>(name: K, listener: Listener<HybridEvents[K]>): Unsubscribe {
    return this.#switches.emitter.on(name, listener)
  }

  health(): HybridHealth {
    return healthOf(this.component, this.#state, {
      reason: this.#switches.reason ?? this.#readiness.reason,
      lastProbe: this.#lastProbe,
      probeFailures: this.#probeFailures,
      now: () => this.#clock.nowMs(),
    })
  }

  tune(figures: Partial<LiveTuning>): void {
    const { deadlineMinMs, deadlineMaxMs } = this.#tuning
    for (const name of LIVE_TUNING) this.#tuning[name] = figures[name] ?? this.#tuning[name]
    const { deadlineMinMs: minMs, deadlineMaxMs: maxMs } = this.#tuning
    if (minMs !== deadlineMinMs || maxMs !== deadlineMaxMs) this.#deadline.setBounds(minMs, maxMs)
  }

  metrics(): HybridMetrics {
    return this.#stats.metrics()
  }

  details(): HybridDetails {
    const stats = this.#stats
    return {
      latency: { mock: stats.mock.quantiles(), real: stats.real.quantiles() },
      fallback_answers: stats.fallbackAnswers,
      unavailable_reads: stats.unavailableReads,
      pending_writes: stats.pendingWrites,
      shadow_compared: stats.shadowCompared,
      shadow_mismatches: stats.shadowMismatches,
      shadow_samples: this.#shadow.samples,
      deadline_ms: this.#calls.deadlineMs,
    }
  }

  backlog(): Backlog {
    const { store, mode } = this.#state
    const keys = mode === 'mock' || !this.isStarted ? 0 : countOf(store.dirtyKeys())
    return { keys, bytes: store.dirtyBytes, bytesMax: this.#tuning.dirtyBytesMax }
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters.list
  }

  retry(key: string): boolean {
    return this.#deadLetters.forget(key)
  }

  async drain({ signal }: AbortOptions = {}): Promise<void> {
    this.assertStarted()
    await this.#drain.run(signal ?? new AbortController().signal)
  }

  /** A call of real ended. */
  #ended(key: string, isAvailable: boolean, tick: Tick): void {
    const { phase } = this.#state
    if (isAvailable) {
      this.#state.realAnswered = tick
      if (this.#breaker.errorsInARow > 0) this.#tellBreaker({ kind: 'success' })
      return
    }
    // A key whose own replicas are short falls back alone.
    if (phase === 'real' && this.#state.canReach(key)) this.#tellBreaker({ kind: 'unavailable' })
  }

  #tellBreaker(event: BreakerEvent): void {
    this.#breaker = stepBreaker(this.#breaker, event, this.#tuning)
    const { openedBy } = this.#breaker
    if (openedBy === undefined) return
    if (this.#state.phase === 'real')
      this.#real.driver?.tell({ kind: 'fell-back', reason: openedBy })
    this.#breaker = CLOSED
  }

  #phaseChanged(from: Phase, to: Phase, reason: string): void {
    if (to === 'real') this.#breaker = CLOSED
    this.#switches.phase(from, to, reason)
    this.#readiness.changed()
  }

  #probed(outcome: ProbeOutcome): void {
    this.#lastProbe = outcome
    if (outcome.isGood) this.#state.realAnswered = { atMs: this.#clock.monotonicMs() }
    else {
      this.#probeFailures++
      this.#readiness.failed(outcome.problem ?? 'the probe failed')
    }
  }

  #watchBacklog(): void {
    const { mode, store } = this.#state
    const { dirtyBytesMax: bytesMax } = this.#tuning
    const isHigh = mode !== 'mock' && store.dirtyBytes >= bytesMax * BACKLOG_HIGH
    if (isHigh === this.#isBacklogHigh) return
    this.#isBacklogHigh = isHigh
    this.#switches.emitter.emit('backlog-changed', { ...this.backlog(), isHigh })
  }
}

const countOf = (items: Iterable<unknown>): number => {
  let count = 0
  for (const _ of items) count++
  return count
}
