import {
  Emitter,
  messageOf,
  systemClock,
  type Cancel,
  type Clock,
  type Listener,
  type Unsubscribe,
} from '@bzzz/base'
import { Histogram } from '@bzzz/telemetry'
import type { HybridControls } from './controls.js'
import type { HybridMetrics } from './metrics.js'
import type { RolloutSample } from './pure/rollout-bounds.js'
import {
  DEFAULT_ROLLOUT,
  IDLE_ROLLOUT,
  stepRollout,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutPolicy,
  type RolloutState,
} from './pure/rollout.js'

const SAMPLE_EVERY_MS = 10_000

const MICROSECONDS = 1_000

export type RolloutControls = Pick<HybridControls, 'metrics' | 'setMode' | 'setting' | 'durations'>

export interface RolloutOptions {
  /** Default: {@link DEFAULT_ROLLOUT}, field by field. */
  readonly policy?: Partial<RolloutPolicy> | undefined
  /** Between looks at the metrics, milliseconds. Default 10,000. */
  readonly sampleEveryMs?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Hears what a listener throws. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

interface RolloutEvents {
  /** It set another percentage, halted or completed, and why. */
  moved: RolloutEffect
}

/** A rollout under way. */
export interface Rollout {
  readonly state: RolloutState
  on(name: 'moved', listener: Listener<RolloutEffect>): Unsubscribe
  /** Ends it where it is. Without effect once it has ended. */
  stop(reason: string): void
}

interface Counts {
  readonly metrics: HybridMetrics
  readonly real: Histogram
  readonly store: Histogram
}

const countsOf = (controls: RolloutControls): Counts => ({
  metrics: controls.metrics(),
  real: controls.durations?.real.copy() ?? new Histogram(),
  store: controls.durations?.mock.copy() ?? new Histogram(),
})

const errorsOf = (requests: number, rate: number): number => Math.round(requests * rate)

const p95Of = (histogram: Histogram): number | undefined => {
  const p95 = histogram.quantile(0.95)
  return p95 === undefined ? undefined : p95 / MICROSECONDS
}

/** What was counted between two looks; the latencies are those since the present step began. */
const sampleOf = (before: Counts, now: Counts, stepBegan: Counts): RolloutSample => {
  const { metrics: was } = before
  const { metrics: is } = now
  return {
    calls: is.real_requests - was.real_requests,
    errors:
      errorsOf(is.real_requests, is.error_rate_real) -
      errorsOf(was.real_requests, was.error_rate_real),
    storeCalls: is.mock_requests - was.mock_requests,
    storeErrors:
      errorsOf(is.mock_requests, is.error_rate_mock) -
      errorsOf(was.mock_requests, was.error_rate_mock),
    fallbacks: is.fallback_events - was.fallback_events,
    p95Ms: p95Of(now.real.since(stepBegan.real)),
    storeP95Ms: p95Of(now.store.since(stepBegan.store)),
  }
}

class GuardedRollout implements Rollout {
  readonly #controls: RolloutControls
  readonly #policy: RolloutPolicy
  readonly #everyMs: number
  readonly #clock: Clock
  readonly #emitter: Emitter<RolloutEvents>
  #state = IDLE_ROLLOUT
  #percent = 0
  #last: Counts
  #stepBegan: Counts
  #cancel: Cancel = () => {}

  constructor(controls: RolloutControls, options: RolloutOptions) {
    this.#controls = controls
    this.#policy = { ...DEFAULT_ROLLOUT, ...options.policy }
    this.#everyMs = options.sampleEveryMs ?? SAMPLE_EVERY_MS
    this.#clock = options.clock ?? systemClock
    this.#emitter = new Emitter(options.onListenerError ?? (() => {}))
    this.#last = countsOf(controls)
    this.#stepBegan = this.#last
  }

  get state(): RolloutState {
    return this.#state
  }

  on(name: 'moved', listener: Listener<RolloutEffect>): Unsubscribe {
    return this.#emitter.on(name, listener)
  }

  stop(reason: string): void {
    void this.#step({ kind: 'stop', reason })
  }

  async start(): Promise<void> {
    await this.#step({ kind: 'start' })
    this.#later()
  }

  #later(): void {
    if (this.#state.phase !== 'running') return
    this.#cancel = this.#clock.setTimer(() => {
      void this.#look().finally(() => {
        this.#later()
      })
    }, this.#everyMs)
  }

  async #look(): Promise<void> {
    const { mode, percent } = this.#controls.setting
    if (mode !== 'hybrid' || percent !== this.#percent) {
      const reason = `somebody else set ${mode} ${String(percent)} %`
      await this.#step({ kind: 'stop', reason })
      return
    }
    const now = countsOf(this.#controls)
    const sample = sampleOf(this.#last, now, this.#stepBegan)
    this.#last = now
    await this.#step({ kind: 'sample', sample })
  }

  async #step(event: RolloutEvent): Promise<void> {
    const { state, effects } = stepRollout(
      this.#state,
      event,
      this.#clock.monotonicMs(),
      this.#policy,
    )
    this.#state = state
    if (state.phase !== 'running') this.#cancel()
    for (const effect of effects) await this.#do(effect)
  }

  async #do(effect: RolloutEffect): Promise<void> {
    if (effect.kind === 'set-percent') {
      const { percent, reason } = effect
      this.#percent = percent
      try {
        await this.#controls.setMode({ mode: 'hybrid', percent }, { reason: `rollout: ${reason}` })
      } catch (error) {
        await this.#step({
          kind: 'stop',
          reason: `the percentage cannot be set: ${messageOf(error)}`,
        })
        return
      }
      this.#last = countsOf(this.#controls)
      this.#stepBegan = this.#last
    }
    this.#emitter.emit('moved', effect)
  }
}

/**
 * Rolls real out by itself: raises the percentage of mode `hybrid` step by step, and steps back where
 * real does worse than the policy allows, saying why. Resolves when the first step is in force. It ends
 * by itself when somebody else changes the setting: an operator has the last word.
 */
export const startRollout = async (
  controls: RolloutControls,
  options: RolloutOptions = {},
): Promise<Rollout> => {
  const rollout = new GuardedRollout(controls, options)
  await rollout.start()
  return rollout
}
