import { ManualClock, type ModeSetting } from '@bzzz/base'
import { Histogram } from '@bzzz/telemetry'
import { describe, expect, test } from '@jest/globals'
import { startRollout, type RolloutControls } from '../src/guarded-rollout.js'
import type { HybridMetrics } from '../src/metrics.js'
import type { RolloutEffect } from '../src/pure/rollout.js'

/** Controls whose calls the test makes up. */
class FakeControls implements RolloutControls {
  setting: ModeSetting = { mode: 'shadow', percent: 0 }
  readonly durations = { mock: new Histogram(), real: new Histogram() }
  readonly reasons: (string | undefined)[] = []
  refusal: Error | undefined
  realCalls = 0
  realErrors = 0
  fallbacks = 0

  async setMode(
    setting: Partial<ModeSetting>,
    options: { readonly reason?: string | undefined } = {},
  ): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal
    this.setting = { ...this.setting, ...setting }
    this.reasons.push(options.reason)
  }

  metrics(): HybridMetrics {
    return {
      mock_requests: 0,
      real_requests: this.realCalls,
      fallback_events: this.fallbacks,
      recovery_events: 0,
      avg_latency_mock: 0,
      avg_latency_real: 0,
      error_rate_mock: 0,
      error_rate_real: this.realCalls === 0 ? 0 : this.realErrors / this.realCalls,
    }
  }

  calls(count: number, tookMs: number, errors = 0): void {
    for (let i = 0; i < count - errors; i++) this.durations.real.record(tookMs * 1_000)
    this.realCalls += count
    this.realErrors += errors
  }
}

const rig = async (controls = new FakeControls()) => {
  const clock = new ManualClock()
  const moved: RolloutEffect[] = []
  const rollout = await startRollout(controls, { clock })
  rollout.on('moved', (effect) => moved.push(effect))
  /** As many looks, each after the calls that `before` makes. */
  const looks = async (count: number, before: () => void): Promise<void> => {
    for (let i = 0; i < count; i++) {
      before()
      clock.advance(10_000)
      // A look ends within these turns, as its controls answer at once.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
  return { controls, clock, rollout, moved, looks }
}

const good = (controls: FakeControls) => () => {
  controls.calls(100, 2)
}

describe('a rollout over the controls of a hybrid', () => {
  test('sets each step in its turn and leaves the last in force', async () => {
    const { controls, rollout, moved, looks } = await rig()
    expect(controls.setting).toEqual({ mode: 'hybrid', percent: 1 })
    expect(controls.reasons).toEqual(['rollout: the rollout started'])
    await looks(30, good(controls))
    expect(controls.setting).toEqual({ mode: 'hybrid', percent: 100 })
    expect(rollout.state.phase).toBe('completed')
    expect(moved.at(-1)).toMatchObject({ kind: 'completed' })
  })

  test('steps back by what was counted since the last look, not since ever', async () => {
    const controls = new FakeControls()
    controls.calls(1_000_000, 2, 500_000)
    const { looks } = await rig(controls)
    await looks(6, good(controls))
    expect(controls.setting.percent).toBe(5)
    await looks(3, () => {
      controls.calls(100, 2, 2)
    })
    expect(controls.setting.percent).toBe(1)
    expect(controls.reasons.at(-1)).toMatch(/error rate is 2\.00 %/u)
  })

  test('judges the latency of a step by its own calls', async () => {
    const { controls, looks } = await rig()
    await looks(6, good(controls))
    await looks(2, () => {
      controls.calls(100, 200)
    })
    expect(controls.setting.percent).toBe(1)
    expect(controls.reasons.at(-1)).toMatch(/p95 is/u)
    await looks(6, good(controls))
    expect(controls.setting.percent).toBe(5)
  })

  test('a fallback steps back', async () => {
    const { controls, looks } = await rig()
    await looks(1, () => {
      controls.fallbacks++
    })
    expect(controls.setting.percent).toBe(0)
  })

  test('ends when somebody else changes the setting, and touches nothing more', async () => {
    const { controls, clock, rollout, moved, looks } = await rig()
    controls.setting = { mode: 'mock', percent: 0 }
    await looks(10, good(controls))
    expect(controls.setting).toEqual({ mode: 'mock', percent: 0 })
    expect(rollout.state.phase).toBe('halted')
    expect(moved).toEqual([{ kind: 'halted', reason: 'somebody else set mock 0 %' }])
    expect(clock.pendingTimers).toBe(0)
  })

  test('ends when the percentage cannot be set', async () => {
    const { controls, rollout, moved, looks } = await rig()
    controls.refusal = new Error('the disk is full')
    await looks(10, good(controls))
    expect(rollout.state.phase).toBe('halted')
    expect(moved).toEqual([
      { kind: 'halted', reason: 'the percentage cannot be set: the disk is full' },
    ])
  })

  test('is stopped where it is, once, and leaves no timer', async () => {
    const { controls, clock, rollout, moved, looks } = await rig()
    await looks(6, good(controls))
    rollout.stop('night')
    expect(clock.pendingTimers).toBe(0)
    rollout.stop('again')
    await looks(20, good(controls))
    expect(controls.setting.percent).toBe(5)
    expect(moved.at(-1)).toEqual({ kind: 'halted', reason: 'night' })
    expect(moved.filter(({ kind }) => kind === 'halted')).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })
})
