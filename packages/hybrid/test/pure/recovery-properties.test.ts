import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { DEFAULT_TUNING } from '../../src/tuning.js'
import type { RecoveryEvent } from '../../src/pure/recovery.js'
import { RecoveryWorld } from './recovery-world.js'

type Act =
  | { readonly kind: 'event'; readonly event: RecoveryEvent }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'stale-end'; readonly back: number; readonly isGood: boolean }
  | { readonly kind: 'probes'; readonly end: boolean | undefined; readonly takesMs: number }
  | { readonly kind: 'work'; readonly end: boolean | undefined; readonly takesMs: number }

const endings = fc.constantFrom(true, true, false, undefined)

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc
    .constantFrom<RecoveryEvent>(
      { kind: 'tick' },
      { kind: 'fell-back', reason: 'drawn' },
      { kind: 'quorum', isThere: true },
      { kind: 'quorum', isThere: false },
      { kind: 'flip' },
    )
    .map((event): Act => ({ kind: 'event', event })),
  fc.integer({ min: 0, max: 40_000 }).map((ms): Act => ({ kind: 'wait', ms })),
  fc.integer({ min: 0, max: 300 }).map((ms): Act => ({ kind: 'wait', ms })),
  fc.record({
    kind: fc.constant('stale-end' as const),
    back: fc.integer({ min: 0, max: 3 }),
    isGood: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('probes' as const),
    end: endings,
    takesMs: fc.integer({ min: 0, max: 2_000 }),
  }),
  fc.record({
    kind: fc.constant('work' as const),
    end: endings,
    takesMs: fc.integer({ min: 0, max: 3_000 }),
  }),
)

const act = (world: RecoveryWorld, drawn: Act): void => {
  const { state } = world
  if (drawn.kind === 'event') world.tell(drawn.event)
  else if (drawn.kind === 'wait') world.clock.advance(drawn.ms)
  else if (drawn.kind === 'probes') {
    world.probe = () => drawn.end
    world.probeTakesMs = drawn.takesMs
  } else if (drawn.kind === 'work') {
    world.work = () => drawn.end
    world.workTakesMs = drawn.takesMs
  } else {
    // What an earlier probe or piece of work would say, and (`back` 0) what the present one may.
    const { back, isGood } = drawn
    world.tell({ kind: 'probe-ended', lease: state.lease - back, isGood })
    const work = state.work - back
    if (isGood) {
      world.tell({ kind: 'caught-up', work })
      world.tell({ kind: 'verified', work })
    } else world.tell({ kind: 'work-failed', work, reason: 'drawn' })
  }
}

/** In every phase but `real`, with a quorum, something runs or a wake is due that will start it. */
const expectAlive = (world: RecoveryWorld): void => {
  const { phase, hasQuorum, isWorking, leaseEndsMs, nextProbeMs, isHolding } = world.state
  if (!hasQuorum) {
    expect([phase, isWorking, leaseEndsMs, nextProbeMs]).toEqual([
      'local',
      false,
      undefined,
      undefined,
    ])
    return
  }
  if (phase !== 'real')
    expect([isWorking, leaseEndsMs !== undefined, nextProbeMs !== undefined, isHolding]).toContain(
      true,
    )
  if (leaseEndsMs !== undefined || nextProbeMs !== undefined || isHolding) {
    expect(world.wakeAtMs).toBeGreaterThanOrEqual(world.nowMs)
    expect(world.wakeAtMs).toBeLessThanOrEqual(
      leaseEndsMs ?? nextProbeMs ?? world.state.dwellEndsMs,
    )
  }
}

const within = (times: readonly number[], spanMs: number): number => {
  let most = 0
  for (const [i, atMs] of times.entries())
    most = Math.max(most, times.slice(i).filter((other) => other < atMs + spanMs).length)
  return most
}

/** The longest that what runs may still take when health returns. */
const RETURN_MAX_MS =
  3_000 +
  2 * DEFAULT_TUNING.dwellMaxMs +
  DEFAULT_TUNING.probeLeaseMs +
  2 * DEFAULT_TUNING.backoffMaxMs

describe('whatever happens, in whatever order', () => {
  test('it is never stuck, and healthy answers alone bring real back within a bound', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.boolean(),
        fc.array(acts, { maxLength: 60 }),
        (seed, hasQuorum, drawn) => {
          const world = new RecoveryWorld(seed, hasQuorum)
          world.tell({ kind: 'tick' })
          for (const one of drawn) {
            act(world, one)
            expectAlive(world)
          }
          // An engine bounds its work: what never ended by itself has failed by now.
          world.tell({ kind: 'work-failed', work: world.state.work, reason: 'its deadline' })
          act(world, { kind: 'probes', end: true, takesMs: 20 })
          act(world, { kind: 'work', end: true, takesMs: 100 })
          world.tell({ kind: 'quorum', isThere: true })
          world.clock.advance(RETURN_MAX_MS)
          expect(world.state.phase).toBe('real')
        },
      ),
      { numRuns: 500 },
    )
  })

  test('real is entered only verified, with a quorum, and not before the dwell is over', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(acts, { maxLength: 80 }), (seed, drawn) => {
        const world = new RecoveryWorld(seed)
        world.tell({ kind: 'flip' })
        for (const one of drawn) act(world, one)
        let leftMs = Number.NEGATIVE_INFINITY
        for (const { atMs, effect } of world.seen) {
          if (effect.kind !== 'phase') continue
          if (effect.from === 'real') leftMs = atMs
          if (effect.to !== 'real') continue
          expect(effect.from).toBe('verifying')
          const isFlipped = world.told.some(
            (told) => told.kind === 'flip' && told.atMs >= leftMs && told.atMs <= atMs,
          )
          const wantedMs = isFlipped ? 0 : DEFAULT_TUNING.dwellMinMs
          expect(atMs - leftMs).toBeGreaterThanOrEqual(wantedMs)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('probes make no storm: at most one round of good ones per shortest wait', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(acts, { maxLength: 100 }), (seed, drawn) => {
        const world = new RecoveryWorld(seed)
        world.tell({ kind: 'tick' })
        for (const one of drawn) act(world, one)
        const waitMinMs = 0.1 * DEFAULT_TUNING.backoffMinMs
        expect(within(world.times('probe'), waitMinMs)).toBeLessThanOrEqual(
          DEFAULT_TUNING.probesNeeded,
        )
      }),
      { numRuns: 500 },
    )
  })
})

/** Milliseconds from the return of health until real serves, of outages from a calm start. */
const recoveries = (
  count: number,
  failure: false | undefined,
  outage: (world: RecoveryWorld) => void,
): number[] =>
  Array.from({ length: count }, (_, seed) => {
    const world = new RecoveryWorld(seed + 1)
    let isHealthy = true
    world.probe = () => isHealthy || failure
    world.work = () => isHealthy
    world.serve()
    world.probeTakesMs = 10 + world.random.int(100)
    world.workTakesMs = 20 + world.random.int(300)
    world.clock.advance(world.random.int(100_000))
    isHealthy = false
    outage(world)
    isHealthy = true
    const backMs = world.nowMs
    world.tell({ kind: 'quorum', isThere: true })
    world.clock.advance(60_000)
    expect(world.state.phase).toBe('real')
    return Math.max(0, (world.servedAtMs ?? 0) - backMs)
  }).toSorted((a, b) => a - b)

const p99 = (sorted: readonly number[]): number =>
  sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.NaN

describe('from a calm start real serves again within 3 s of the return of health, p99', () => {
  test('when the heartbeats ceased, after an outage of any length', () => {
    const sorted = recoveries(1_000, false, (world) => {
      world.tell({ kind: 'quorum', isThere: false })
      world.clock.advance(world.random.int(600_000))
    })
    expect(p99(sorted)).toBeLessThanOrEqual(3_000)
  })

  test('when the breaker opened first and the heartbeats ceased later', () => {
    const sorted = recoveries(1_000, false, (world) => {
      world.tell({ kind: 'fell-back', reason: 'calls failed' })
      world.clock.advance(world.random.int(2_000))
      world.tell({ kind: 'quorum', isThere: false })
      world.clock.advance(world.random.int(600_000))
    })
    expect(p99(sorted)).toBeLessThanOrEqual(3_000)
  })

  test('when only calls failed, after an outage of up to a minute', () => {
    const sorted = recoveries(500, false, (world) => {
      world.tell({ kind: 'fell-back', reason: 'calls failed' })
      world.clock.advance(world.random.int(60_000))
    })
    expect(p99(sorted)).toBeLessThanOrEqual(3_000)
  })

  test('when calls hang until their leases end, even if they began before health was back', () => {
    const sorted = recoveries(500, undefined, (world) => {
      world.tell({ kind: 'fell-back', reason: 'calls failed' })
      world.clock.advance(world.random.int(60_000))
    })
    expect(p99(sorted)).toBeLessThanOrEqual(3_000)
  })
})
