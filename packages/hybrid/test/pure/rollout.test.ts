import { describe, expect, test } from '@jest/globals'
import type { RolloutSample } from '../../src/pure/rollout-bounds.js'
import {
  DEFAULT_ROLLOUT,
  IDLE_ROLLOUT,
  stepRollout,
  type RolloutEffect,
  type RolloutPolicy,
  type RolloutState,
} from '../../src/pure/rollout.js'

const good: RolloutSample = {
  calls: 100,
  errors: 0,
  storeCalls: 900,
  storeErrors: 0,
  fallbacks: 0,
  p95Ms: 5,
  storeP95Ms: 0.2,
}

/** A rollout whose samples come once in ten seconds. */
class Rollout {
  state: RolloutState = IDLE_ROLLOUT
  nowMs = 0
  readonly #policy: RolloutPolicy

  constructor(policy: Partial<RolloutPolicy> = {}) {
    this.#policy = { ...DEFAULT_ROLLOUT, ...policy }
    this.tell({ kind: 'start' })
  }

  tell(event: Parameters<typeof stepRollout>[1]): readonly RolloutEffect[] {
    const { state, effects } = stepRollout(this.state, event, this.nowMs, this.#policy)
    this.state = state
    return effects
  }

  /** The effects of as many samples. */
  samples(count: number, sample: Partial<RolloutSample> = {}): readonly RolloutEffect[] {
    return Array.from({ length: count }, () => {
      this.nowMs += 10_000
      return this.tell({ kind: 'sample', sample: { ...good, ...sample } })
    }).flat()
  }
}

const percents = (effects: readonly RolloutEffect[]): number[] =>
  effects.flatMap((effect) => (effect.kind === 'set-percent' ? [effect.percent] : []))

describe('a guarded rollout', () => {
  test('begins with the first step, and holds each before it goes on', () => {
    const rollout = new Rollout()
    expect(rollout.state).toMatchObject({ phase: 'running', at: 0 })
    expect(rollout.samples(5)).toEqual([])
    expect(rollout.samples(1)).toEqual([
      { kind: 'set-percent', percent: 5, reason: 'held 1 % within bounds' },
    ])
    expect(rollout.samples(5)).toEqual([])
  })

  test('completes when the last step was held', () => {
    const effects = new Rollout().samples(100)
    expect(percents(effects)).toEqual([5, 25, 50, 100])
    expect(effects.at(-1)).toEqual({ kind: 'completed', reason: 'held 100 % within bounds' })
    expect(effects).toHaveLength(5)
  })

  test('goes no further without enough calls to judge by', () => {
    const rollout = new Rollout()
    expect(rollout.samples(100, { calls: 1 })).toEqual([])
    expect(percents(rollout.samples(1))).toEqual([5])
  })

  test('steps back at once when the error rate is above the bound, and says why', () => {
    const rollout = new Rollout()
    rollout.samples(12)
    expect(rollout.state.at).toBe(2)
    rollout.samples(1)
    expect(rollout.samples(1, { errors: 3 })).toEqual([
      {
        kind: 'set-percent',
        percent: 5,
        reason: "real's error rate is 1.50 %, allowed are 1.00 %",
      },
    ])
  })

  test("the store's own errors count for real", () => {
    const rollout = new Rollout()
    rollout.samples(1)
    expect(rollout.samples(1, { errors: 3, storeErrors: 90 })).toEqual([])
  })

  test('a few errors among few calls decide nothing', () => {
    expect(new Rollout().samples(1, { errors: 50 })).toEqual([])
  })

  test("steps back when real's p95 leaves that of the first step behind", () => {
    const rollout = new Rollout()
    rollout.samples(8)
    expect(rollout.state.baselineP95Ms).toBe(5)
    expect(rollout.samples(2, { p95Ms: 30 })).toEqual([])
    const effects = rollout.samples(1, { p95Ms: 30.1 })
    expect(effects).toEqual([
      { kind: 'set-percent', percent: 1, reason: "real's p95 is 30.1 ms, allowed are 30.0 ms" },
    ])
  })

  test("before there is a baseline, the store's p95 is one", () => {
    const rollout = new Rollout()
    rollout.samples(1)
    expect(rollout.samples(1, { p95Ms: 20.3 })).toEqual([])
    expect(percents(rollout.samples(1, { p95Ms: 20.5 }))).toEqual([0])
  })

  test('a fallback is a regression, however few calls there were', () => {
    const rollout = new Rollout()
    rollout.samples(6)
    expect(rollout.samples(1, { calls: 1, fallbacks: 1 })).toEqual([
      { kind: 'set-percent', percent: 1, reason: 'real fell back 1 times at this step' },
    ])
  })

  test('holds again after a step back, counts anew, and tries again', () => {
    const rollout = new Rollout()
    rollout.samples(6)
    rollout.samples(1, { fallbacks: 1 })
    expect(rollout.samples(5)).toEqual([])
    expect(percents(rollout.samples(1))).toEqual([5])
  })

  test('from the first step it goes to 0 %, holds there, and tries again', () => {
    const rollout = new Rollout()
    expect(percents(rollout.samples(1, { fallbacks: 1 }))).toEqual([0])
    expect(rollout.samples(5, { calls: 0 })).toEqual([])
    expect(percents(rollout.samples(1, { calls: 0, fallbacks: 1 }))).toEqual([1])
  })

  test('can go back to 0 % at once', () => {
    const rollout = new Rollout({ onRegression: 'to-zero' })
    rollout.samples(20)
    expect(percents(rollout.samples(1, { fallbacks: 1 }))).toEqual([0])
  })

  test('halts after as many regressions as allowed, where the last one led', () => {
    const rollout = new Rollout()
    rollout.samples(12)
    const first = rollout.samples(2, { fallbacks: 1 })
    expect(percents(first)).toEqual([5, 1])
    expect(rollout.samples(1, { fallbacks: 1 })).toEqual([
      { kind: 'set-percent', percent: 0, reason: 'real fell back 1 times at this step' },
      { kind: 'halted', reason: '3 regressions, the last: real fell back 1 times at this step' },
    ])
    expect(rollout.samples(100)).toEqual([])
  })

  test('an operator stops it where it is', () => {
    const rollout = new Rollout()
    rollout.samples(6)
    expect(rollout.tell({ kind: 'stop', reason: 'night' })).toEqual([
      { kind: 'halted', reason: 'night' },
    ])
    expect(rollout.samples(100)).toEqual([])
    expect(rollout.state.at).toBe(1)
  })

  test('starts anew after it ended', () => {
    const rollout = new Rollout()
    rollout.samples(100)
    expect(percents(rollout.tell({ kind: 'start' }))).toEqual([1])
    expect(rollout.state).toMatchObject({ regressions: 0, baselineP95Ms: undefined })
  })

  test('a sample before the start changes nothing', () => {
    const { state, effects } = stepRollout(
      IDLE_ROLLOUT,
      { kind: 'sample', sample: good },
      0,
      DEFAULT_ROLLOUT,
    )
    expect([state, effects]).toEqual([IDLE_ROLLOUT, []])
  })
})
