import type { AbortOptions, Listener, ModeSetting, Unsubscribe } from '@bzzz/base'
import type { HealthStatus, Histogram } from '@bzzz/telemetry'
import type { Backlog, DeadLetter, HybridEvents, Phase, Side } from './events.js'
import type { HybridDetails, HybridMetrics } from './metrics.js'
import type { CopyProgress } from './real-side.js'
import type { LiveTuning } from './tuning.js'

/** What to do, beside entering the mode. */
export interface SetModeOptions extends AbortOptions {
  /** Who or what asks, for the event. */
  readonly reason?: string | undefined
  /**
   * Enter `mock` without first copying what this node lacks. From then on what it does not hold is
   * `unavailable`. Default false.
   */
  readonly isNow?: boolean | undefined
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
}

/** A health status with what the customer's fields do not tell. */
export interface HybridHealth extends HealthStatus {
  /** Which side answers now. */
  readonly serving: Side
  readonly phase: Phase
  readonly mode: ModeSetting
  /** Why it is not healthy; undefined when it is. */
  readonly reason: string | undefined
}

/** What an operator can see and do; the port's methods are beside it. */
export interface HybridControls {
  readonly component: string
  readonly setting: ModeSetting
  readonly serving: Side
  readonly phase: Phase
  /** False after leaving the mesh without a copy: what this node does not hold is then unavailable. */
  readonly isComplete: boolean
  /** Whether the peers that answer make a quorum; false while no real side runs. */
  readonly hasQuorum?: boolean
  /** Times of the calls that each side answered, microseconds: live, not a copy. */
  readonly durations?: { readonly mock: Histogram; readonly real: Histogram }
  /**
   * Resolves when the mode is in force: for `real`, when real serves; for `hybrid` and `shadow`,
   * when real serves or could not be brought to serve yet; for `mock`, when the copy is complete.
   * Calls take effect in their order. Rejects with `HYBRID_NOT_READY` (real cannot serve) and
   * `HYBRID_COPY_INCOMPLETE`; the former mode stays then.
   */
  setMode(setting: Partial<ModeSetting>, options?: SetModeOptions): Promise<void>
  /** Other figures from now on; those that are not stated stay. What runs already keeps its own. */
  tune?(figures: Partial<LiveTuning>): void
  on<K extends keyof HybridEvents>(name: K, listener: Listener<HybridEvents[K]>): Unsubscribe
  health(): HybridHealth
  metrics(): HybridMetrics
  details(): HybridDetails
  backlog(): Backlog
  deadLetters(): readonly DeadLetter[]
  /** Forgets a dead letter, and tries its record again. False when there is none. */
  retry(key: string): boolean
  /** Resolves when real lacks nothing of what this node held at the call. Rejects with `ABORTED`. */
  drain(options?: AbortOptions): Promise<void>
}
