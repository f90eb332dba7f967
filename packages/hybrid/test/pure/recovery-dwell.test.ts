import { describe, expect, test } from '@jest/globals'
import { DEFAULT_TUNING } from '../../src/tuning.js'
import { RecoveryWorld } from './recovery-world.js'

const fellBack = { kind: 'fell-back', reason: '3 calls in a row' } as const
const lost = { kind: 'quorum', isThere: false } as const
const returned = { kind: 'quorum', isThere: true } as const

/** Falls back, and tells how long real then did not serve. */
const awayMs = (world: RecoveryWorld): number => {
  const sinceMs = world.nowMs
  world.tell(fellBack)
  while (world.state.phase !== 'real') world.clock.advance(10)
  return (world.servedAtMs ?? 0) - sinceMs
}

describe('the dwell', () => {
  test('real does not serve before a second is over, however healthy it is', () => {
    const away = awayMs(new RecoveryWorld(3).serve())
    expect(away).toBeGreaterThanOrEqual(DEFAULT_TUNING.dwellMinMs)
    expect(away).toBeLessThan(DEFAULT_TUNING.dwellMinMs + 100)
  })

  test('holds after a return of the quorum too', () => {
    const world = new RecoveryWorld(3).serve()
    const sinceMs = world.nowMs
    world.tell(lost)
    world.clock.advance(10)
    world.tell(returned)
    while (world.state.phase !== 'real') world.clock.advance(10)
    expect((world.servedAtMs ?? 0) - sinceMs).toBeGreaterThanOrEqual(DEFAULT_TUNING.dwellMinMs)
  })

  test('doubles with each fallback soon after a return, up to its bound', () => {
    const world = new RecoveryWorld(3).serve()
    const seconds = Array.from({ length: 8 }, () => {
      const away = awayMs(world)
      world.clock.advance(5_000)
      return Math.floor(away / 1_000)
    })
    expect(seconds).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
  })

  test('is forgotten after calm, and not a moment before', () => {
    const world = new RecoveryWorld(3).serve()
    awayMs(world)
    world.clock.advance(DEFAULT_TUNING.calmMs - 100)
    expect(Math.floor(awayMs(world) / 1_000)).toBe(2)
    world.clock.advance(DEFAULT_TUNING.calmMs)
    expect(Math.floor(awayMs(world) / 1_000)).toBe(1)
  })

  test('does not grow with fallbacks on the way back', () => {
    const world = new RecoveryWorld(3).serve()
    world.tell(fellBack)
    for (let i = 0; i < 5; i++) {
      world.clock.advance(200)
      world.tell(fellBack)
    }
    expect(world.state.dwellMs).toBe(DEFAULT_TUNING.dwellMinMs)
    expect(world.state.dwellEndsMs).toBe(world.nowMs + DEFAULT_TUNING.dwellMinMs)
  })

  test('what is caught up before its end catches up once more, then verifies', () => {
    const world = new RecoveryWorld(3, true, { dwellMinMs: 10_000 }).serve()
    const sinceMs = world.nowMs
    world.tell(fellBack)
    while (world.state.phase !== 'real') world.clock.advance(10)
    const catchUps = world.times('catch-up', sinceMs)
    expect(catchUps).toHaveLength(2)
    expect(catchUps[1]).toBe(sinceMs + 10_000)
    expect(world.times('verify', sinceMs)[0]).toBeGreaterThan(sinceMs + 10_000)
  })
})
