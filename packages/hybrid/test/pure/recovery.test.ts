import { describe, expect, test } from '@jest/globals'
import { initialRecovery, stepRecovery } from '../../src/pure/recovery.js'
import { DEFAULT_TUNING } from '../../src/tuning.js'
import { RecoveryWorld } from './recovery-world.js'

const fellBack = { kind: 'fell-back', reason: '3 calls in a row' } as const
const lost = { kind: 'quorum', isThere: false } as const
const returned = { kind: 'quorum', isThere: true } as const

/** The last wait between tries that fail at the probe, or at the work after it. */
const lastGap = (end: 'probe' | 'work'): number => {
  const world = new RecoveryWorld(1)
  world.random.next = () => 0.999
  world[end] = () => false
  world.tell({ kind: 'tick' })
  world.clock.advance(600_000)
  const starts = world.times(end === 'probe' ? 'probe' : 'catch-up')
  return (starts.at(-1) ?? 0) - (starts.at(-2) ?? 0)
}

describe('the way back', () => {
  test('leads through every phase, in order, and says why', () => {
    const world = new RecoveryWorld(1).serve()
    const sinceMs = world.nowMs
    world.tell(fellBack)
    expect(world.seen.at(-2)?.effect).toEqual({
      kind: 'phase',
      from: 'real',
      to: 'local',
      reason: '3 calls in a row',
    })
    world.clock.advance(3_000)
    expect(world.phases(sinceMs)).toEqual(['local', 'probing', 'catching-up', 'verifying', 'real'])
  })

  test('the start catches up and verifies without dwell or probes', () => {
    const world = new RecoveryWorld(1)
    world.tell({ kind: 'flip' })
    expect(world.phases()).toEqual(['catching-up'])
    world.clock.advance(1_000)
    expect(world.phases()).toEqual(['catching-up', 'verifying', 'real'])
    expect(world.times('probe')).toEqual([])
  })

  test('a tick alone starts it as well', () => {
    const world = new RecoveryWorld(1)
    world.tell({ kind: 'tick' })
    world.clock.advance(1_000)
    expect(world.state.phase).toBe('real')
  })

  test('a manual flip skips dwell and probes, not catching up and verifying', () => {
    const world = new RecoveryWorld(1).serve()
    world.tell(fellBack)
    world.tell({ kind: 'flip' })
    expect(world.state.phase).toBe('catching-up')
    world.clock.advance(2 * world.workTakesMs)
    expect(world.phases().slice(-4)).toEqual(['local', 'catching-up', 'verifying', 'real'])
  })

  test('a manual flip ends the wait for the dwell', () => {
    const world = new RecoveryWorld(1, true, { dwellMinMs: 20_000 }).serve()
    world.tell(fellBack)
    world.clock.advance(10_000)
    expect([world.state.phase, world.state.isHolding]).toEqual(['catching-up', true])
    world.tell({ kind: 'flip' })
    world.clock.advance(2 * world.workTakesMs)
    expect(world.state.phase).toBe('real')
  })

  test('a manual flip without a quorum waits for one, then probes', () => {
    const world = new RecoveryWorld(1, false)
    world.tell({ kind: 'flip' })
    expect(world.seen).toEqual([])
    world.tell(returned)
    expect(world.times('probe')).toEqual([0])
  })

  test('a flip while real serves changes nothing', () => {
    const world = new RecoveryWorld(1).serve()
    expect(world.tell({ kind: 'flip' })).toEqual([])
  })

  test('a fallback on the way back starts over, and the late end of former work is ignored', () => {
    const world = new RecoveryWorld(1)
    world.work = () => undefined
    world.tell({ kind: 'flip' })
    const { work } = world.state
    world.tell(fellBack)
    expect(world.state.phase).toBe('local')
    world.tell({ kind: 'caught-up', work })
    expect(world.state.phase).toBe('local')
    world.tell({ kind: 'flip' })
    world.tell({ kind: 'caught-up', work })
    expect(world.state.phase).toBe('catching-up')
    world.tell({ kind: 'verified', work: world.state.work })
    expect(world.state.phase).toBe('catching-up')
    world.tell({ kind: 'caught-up', work: world.state.work })
    expect(world.state.phase).toBe('verifying')
    world.tell({ kind: 'verified', work })
    expect(world.state.phase).toBe('verifying')
    world.tell({ kind: 'work-failed', work, reason: 'late' })
    expect(world.state.phase).toBe('verifying')
  })

  test('work that failed leads back to probing, with a wait that grows', () => {
    const world = new RecoveryWorld(1)
    world.random.next = () => 0.999
    world.work = () => false
    world.tell({ kind: 'flip' })
    world.clock.advance(60_000)
    const starts = world.times('catch-up')
    const gaps = starts.slice(1).map((atMs, i) => atMs - (starts[i] ?? 0))
    expect(gaps.map((gap) => Math.round(gap / 1_000))).toEqual([2, 4, 8, 16])
    expect(world.phases().slice(0, 3)).toEqual(['catching-up', 'probing', 'catching-up'])
  })
})

describe('fallbacks on the way back', () => {
  test('grow the wait, as failures of the work do', () => {
    const world = new RecoveryWorld(1)
    world.random.next = () => 0.999
    world.work = () => undefined
    world.tell({ kind: 'tick' })
    const starts: number[] = []
    for (let i = 0; i < 6; i++) {
      while (world.state.phase !== 'catching-up') world.clock.advance(5)
      starts.push(world.nowMs)
      world.tell(fellBack)
    }
    const gaps = starts.slice(1).map((atMs, i) => atMs - (starts[i] ?? 0))
    expect(gaps.map((gap) => Math.round(gap / 1_000))).toEqual([2, 4, 8, 16, 30])
  })

  test('one from real begins with the least wait, whatever failed before', () => {
    const world = new RecoveryWorld(1, true, { probeWaitMaxMs: 30_000 }).serve()
    world.random.next = () => 0.999
    world.probe = () => false
    while (world.state.phase === 'real') world.clock.advance(100)
    const sinceMs = world.seen.findLast(({ effect }) => effect.kind === 'phase')?.atMs ?? 0
    expect((world.state.nextProbeMs ?? 0) - sinceMs).toBeCloseTo(999)
  })
})

describe('probes', () => {
  test('as many good ones in a row as needed; one bad one begins again', () => {
    const world = new RecoveryWorld(1).serve()
    const answers = [true, true, false, true, true, true]
    world.probe = () => answers.shift() ?? true
    world.tell(fellBack)
    world.clock.advance(5_000)
    expect(answers).toEqual([])
    expect(world.state.phase).toBe('real')
  })

  test('good ones follow at once, bad ones with full jitter under a ceiling that doubles', () => {
    const world = new RecoveryWorld(1, true, { probeWaitMaxMs: 30_000 })
    world.random.next = () => 0.999
    const answers = [false, false, false, true, true, true]
    world.probe = () => answers.shift()
    world.tell({ kind: 'tick' })
    world.clock.advance(60_000)
    const starts = world.times('probe')
    const gaps = starts.slice(1, 6).map((atMs, i) => Math.round(atMs - (starts[i] ?? 0)))
    const takesMs = world.probeTakesMs
    expect(gaps).toEqual([1_998 + takesMs, 3_996 + takesMs, 7_992 + takesMs, takesMs, takesMs])
  })

  test('the wait has a ceiling, lower for probes than for the work after them', () => {
    const { probeWaitMaxMs, backoffMaxMs } = DEFAULT_TUNING
    expect(lastGap('probe')).toBeCloseTo(0.999 * probeWaitMaxMs + 5)
    expect(lastGap('work')).toBeCloseTo(0.999 * backoffMaxMs + 3 * 5 + 20)
  })

  test('no wait is below the least, should the ceiling for probes be set below it', () => {
    const world = new RecoveryWorld(1, true, { backoffMinMs: 5_000 })
    world.random.next = () => 0.999
    world.probe = () => false
    world.tell({ kind: 'tick' })
    world.clock.advance(60_000)
    expect(world.times('probe')).toHaveLength(13)
  })

  test('unlucky draws make no storm', () => {
    const world = new RecoveryWorld(1)
    world.random.next = () => 0
    world.probe = () => false
    world.tell({ kind: 'tick' })
    world.clock.advance(10_000)
    expect(world.times('probe').length).toBeLessThanOrEqual(
      10_000 / (0.1 * DEFAULT_TUNING.backoffMinMs) + 1,
    )
  })

  test('one that never ends fails with its lease, and the next is started', () => {
    const world = new RecoveryWorld(1)
    const answers = [undefined, true, true, true]
    world.probe = () => answers.shift()
    world.tell({ kind: 'tick' })
    world.clock.advance(DEFAULT_TUNING.probeLeaseMs - 1)
    expect(world.state.leaseEndsMs).toBe(DEFAULT_TUNING.probeLeaseMs)
    world.clock.advance(4_000)
    expect(world.state.phase).toBe('real')
  })

  test('the late end of one whose lease is over is ignored, even before the timer said so', () => {
    const fresh = initialRecovery(0, true)
    const policy = { ...DEFAULT_TUNING, probesNeeded: 1 }
    const { state } = stepRecovery(fresh, { kind: 'tick' }, 0, 0.5, policy)
    const late = { kind: 'probe-ended', lease: state.lease, isGood: true } as const
    expect(stepRecovery(state, late, policy.probeLeaseMs, 0.5, policy).state.phase).toBe('probing')
    expect(stepRecovery(state, late, policy.probeLeaseMs - 1, 0.5, policy).state.phase).toBe(
      'catching-up',
    )
  })

  test('the end of an older probe is not taken for that of the present one', () => {
    const world = new RecoveryWorld(1, true, { probesNeeded: 1 })
    world.random.next = () => 0.5
    world.probe = () => undefined
    world.tell({ kind: 'tick' })
    const { lease } = world.state
    world.clock.advance(DEFAULT_TUNING.probeLeaseMs + DEFAULT_TUNING.backoffMinMs)
    expect(world.state).toMatchObject({ lease: lease + 1, leaseEndsMs: 2_500 })
    world.tell({ kind: 'probe-ended', lease, isGood: true })
    expect(world.state.phase).toBe('probing')
    world.tell({ kind: 'probe-ended', lease: lease + 1, isGood: true })
    expect(world.state.phase).toBe('catching-up')
  })

  test('a timer that fires early is set again', () => {
    const world = new RecoveryWorld(1)
    world.probe = () => undefined
    world.tell({ kind: 'tick' })
    expect(world.tell({ kind: 'tick' })).toEqual([
      { kind: 'wake', atMs: DEFAULT_TUNING.probeLeaseMs },
    ])
  })

  test('those before a fallback do not count', () => {
    const world = new RecoveryWorld(1)
    world.random.next = () => 0.5
    const answers = [true, true]
    world.probe = () => answers.shift()
    world.tell({ kind: 'tick' })
    world.clock.advance(3 * world.probeTakesMs)
    expect(world.state.goodInARow).toBe(2)
    const { lease } = world.state
    world.tell(fellBack)
    expect(world.state.goodInARow).toBe(0)
    world.tell({ kind: 'probe-ended', lease, isGood: true })
    expect(world.state).toMatchObject({ phase: 'local', goodInARow: 0 })
  })
})

describe('health while real serves', () => {
  test('a deep probe runs every so often', () => {
    const world = new RecoveryWorld(1).serve()
    const sinceMs = world.nowMs
    world.clock.advance(4 * DEFAULT_TUNING.probeEveryMs + 1_000)
    expect(world.times('probe', sinceMs)).toHaveLength(4)
    expect(world.phases(sinceMs)).toEqual([])
  })

  test('as many bad ones in a row fall back, soon after the first', () => {
    const world = new RecoveryWorld(7).serve()
    const sinceMs = world.nowMs
    world.probe = () => false
    world.clock.advance(DEFAULT_TUNING.probeEveryMs + 10_000)
    const fellBackAt = world.seen.find(
      ({ atMs, effect }) => atMs >= sinceMs && effect.kind === 'phase' && effect.to === 'local',
    )
    expect(fellBackAt?.effect).toMatchObject({ reason: '3 deep probes in a row failed' })
  })

  test('fewer bad ones are forgotten with the next good one', () => {
    const world = new RecoveryWorld(7).serve()
    const sinceMs = world.nowMs
    let probes = 0
    world.probe = () => ++probes % 3 === 0
    world.clock.advance(10 * DEFAULT_TUNING.probeEveryMs)
    expect(probes).toBeGreaterThan(20)
    expect(world.phases(sinceMs)).toEqual([])
  })
})

describe('the quorum', () => {
  test('its loss falls back at once, and nothing is probed until it returns', () => {
    const world = new RecoveryWorld(1).serve()
    world.tell(lost)
    expect(world.state.phase).toBe('local')
    const sinceMs = world.nowMs
    world.clock.advance(600_000)
    expect(world.times('probe', sinceMs)).toEqual([])
    world.tell(fellBack)
    world.clock.advance(600_000)
    expect(world.times('probe', sinceMs)).toEqual([])
    world.tell(returned)
    expect(world.times('probe', sinceMs)).toEqual([world.nowMs])
  })

  test.each(['probing', 'catching-up', 'verifying'])('its loss while %s starts over', (phase) => {
    const world = new RecoveryWorld(1)
    if (phase === 'probing') world.probe = () => undefined
    if (phase === 'catching-up') world.work = () => undefined
    world.tell({ kind: 'tick' })
    world.clock.advance(3 * world.probeTakesMs + world.workTakesMs)
    expect(world.state.phase).toBe(phase)
    world.tell(lost)
    expect(world.state.phase).toBe('local')
    world.clock.advance(60_000)
    expect(world.state.phase).toBe('local')
  })

  test('one that comes and goes probes no more than once per shortest wait', () => {
    const world = new RecoveryWorld(1).serve()
    const sinceMs = world.nowMs
    for (let i = 0; i < 1_000; i++) {
      world.tell(i % 2 === 0 ? lost : returned)
      world.clock.advance(7)
    }
    expect(world.times('probe', sinceMs).length).toBeLessThanOrEqual(8 * 3)
    expect(world.times('probe', sinceMs).length).toBeGreaterThan(0)
  })

  test('its return forgets how long the waits had become', () => {
    const world = new RecoveryWorld(1)
    world.probe = () => false
    world.tell({ kind: 'tick' })
    world.clock.advance(300_000)
    expect(world.state.attempt).toBeGreaterThan(5)
    world.tell(lost)
    world.clock.advance(5_000)
    world.probe = () => true
    world.tell(returned)
    expect(world.times('probe').at(-1)).toBe(world.nowMs)
    expect(world.state.attempt).toBe(0)
  })
})
