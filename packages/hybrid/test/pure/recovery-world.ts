import { ManualClock, seededRandom, type Random } from '@bzzz/base'
import {
  initialRecovery,
  stepRecovery,
  type RecoveryEffect,
  type RecoveryEvent,
  type RecoveryPolicy,
  type RecoveryState,
} from '../../src/pure/recovery.js'
import { DEFAULT_TUNING } from '../../src/tuning.js'

export interface Seen {
  readonly atMs: number
  readonly effect: RecoveryEffect
}

/**
 * Drives the machine as an engine does: one timer for the newest `wake`, each probe and each piece of
 * work ending after a while. What they end with is for the test to say.
 */
export class RecoveryWorld {
  readonly clock = new ManualClock()
  readonly random: Random
  readonly policy: RecoveryPolicy
  readonly seen: Seen[] = []
  /** The events, with their times. */
  readonly told: (RecoveryEvent & { readonly atMs: number })[] = []
  /** When the one timer fires; undefined once it did. */
  wakeAtMs: number | undefined
  state: RecoveryState
  /** How a probe ends: good, bad, or (undefined) never. */
  probe: () => boolean | undefined = () => true
  /** How catching up and verifying end: well, badly, or (undefined) never. */
  work: () => boolean | undefined = () => true
  probeTakesMs = 5
  workTakesMs = 20
  #cancelWake = (): void => {}

  constructor(seed: number, hasQuorum = true, policy: Partial<RecoveryPolicy> = {}) {
    this.random = seededRandom(seed)
    this.policy = { ...DEFAULT_TUNING, ...policy }
    this.state = initialRecovery(0, hasQuorum)
  }

  get nowMs(): number {
    return this.clock.monotonicMs()
  }

  tell(event: RecoveryEvent): readonly RecoveryEffect[] {
    this.told.push({ ...event, atMs: this.nowMs })
    const { state, effects } = stepRecovery(
      this.state,
      event,
      this.nowMs,
      this.random.next(),
      this.policy,
    )
    this.state = state
    for (const effect of effects) this.#do(effect)
    return effects
  }

  /** In phase real, from the start. */
  serve(): this {
    this.tell({ kind: 'flip' })
    this.clock.advance(2 * this.workTakesMs + 1)
    if (this.state.phase !== 'real') throw new Error(`in ${this.state.phase}, not real`)
    return this
  }

  times(kind: RecoveryEffect['kind'], sinceMs = 0): number[] {
    return this.seen
      .filter(({ atMs, effect }) => effect.kind === kind && atMs >= sinceMs)
      .map(({ atMs }) => atMs)
  }

  /** The phases entered since, in order. */
  phases(sinceMs = 0): string[] {
    return this.seen.flatMap(({ atMs, effect }) =>
      effect.kind === 'phase' && atMs >= sinceMs ? [effect.to] : [],
    )
  }

  /** When real last began to serve. */
  get servedAtMs(): number | undefined {
    return this.seen.findLast(({ effect }) => effect.kind === 'phase' && effect.to === 'real')?.atMs
  }

  #do(effect: RecoveryEffect): void {
    this.seen.push({ atMs: this.nowMs, effect })
    if (effect.kind === 'wake') this.#wakeAt(effect.atMs)
    else if (effect.kind === 'probe') this.#probe(effect.lease)
    else if (effect.kind === 'catch-up') this.#work('caught-up', effect.work)
    else if (effect.kind === 'verify') this.#work('verified', effect.work)
  }

  #wakeAt(atMs: number): void {
    this.#cancelWake()
    this.wakeAtMs = atMs
    this.#cancelWake = this.clock.setTimer(() => {
      this.wakeAtMs = undefined
      this.tell({ kind: 'tick' })
    }, atMs - this.nowMs)
  }

  #probe(lease: number): void {
    this.clock.setTimer(() => {
      const isGood = this.probe()
      if (isGood !== undefined) this.tell({ kind: 'probe-ended', lease, isGood })
    }, this.probeTakesMs)
  }

  #work(kind: 'caught-up' | 'verified', work: number): void {
    this.clock.setTimer(() => {
      const isDone = this.work()
      if (isDone === true) this.tell({ kind, work })
      else if (isDone === false) this.tell({ kind: 'work-failed', work, reason: 'it failed' })
    }, this.workTakesMs)
  }
}
