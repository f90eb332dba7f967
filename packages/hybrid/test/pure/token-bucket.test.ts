import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { FULL_BUCKET, takeTokens } from '../../src/pure/token-bucket.js'

const policy = { perS: 100, burst: 10 }

describe('a token bucket', () => {
  test('begins full, grants what there is, and says when there is more', () => {
    expect(takeTokens(FULL_BUCKET, 64, 5, policy)).toEqual({
      state: { tokens: 0, atMs: 5 },
      granted: 10,
      retryAtMs: 15,
    })
    const { state, granted, retryAtMs } = takeTokens(FULL_BUCKET, 4, 5, policy)
    expect([state.tokens, granted, retryAtMs]).toEqual([6, 4, 5])
  })

  test('fills over time, never beyond its burst', () => {
    const { state } = takeTokens(FULL_BUCKET, 10, 0, policy)
    expect(takeTokens(state, 10, 35, policy).granted).toBe(3)
    expect(takeTokens(state, 100, 3_600_000, policy).granted).toBe(10)
  })

  test('time that goes back takes nothing away', () => {
    const { state } = takeTokens(FULL_BUCKET, 4, 1_000, policy)
    expect(takeTokens(state, 6, 0, policy).granted).toBe(6)
  })

  test('a token that came in but for a rounding error is there', () => {
    const one = { perS: 1_000, burst: 1 }
    const { state, retryAtMs } = takeTokens(FULL_BUCKET, 2, 1_023.1, one)
    expect(retryAtMs - state.atMs).toBeLessThan(1)
    expect(takeTokens(state, 1, retryAtMs, one).granted).toBe(1)
  })

  test('time that goes back adds nothing, and what follows is not counted twice', () => {
    const { state } = takeTokens(FULL_BUCKET, 10, 1_000, policy)
    const back = takeTokens(state, 1, 500, policy)
    expect(back.granted).toBe(0)
    expect(takeTokens(back.state, 10, 1_000, policy).granted).toBe(0)
  })

  test('a burst below one holds one all the same, or nothing would ever be granted', () => {
    expect(takeTokens(FULL_BUCKET, 5, 0, { perS: 1, burst: 0 }).granted).toBe(1)
  })

  test('waiting until `retryAtMs` always suffices', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (perS, burst, nowMs) => {
          const emptied = takeTokens(FULL_BUCKET, burst + 1, nowMs, { perS, burst })
          const next = takeTokens(emptied.state, 1, emptied.retryAtMs, { perS, burst })
          expect(next.granted).toBe(1)
        },
      ),
    )
  })

  test('grants no more than burst and rate allow, however it is asked', () => {
    const asks = fc.array(
      fc.record({ waitMs: fc.integer({ min: 0, max: 500 }), wanted: fc.nat({ max: 40 }) }),
      { maxLength: 50 },
    )
    fc.assert(
      fc.property(asks, (drawn) => {
        let state = FULL_BUCKET
        let nowMs = 0
        let total = 0
        for (const { waitMs, wanted } of drawn) {
          nowMs += waitMs
          const taken = takeTokens(state, wanted, nowMs, policy)
          expect(taken.granted).toBeLessThanOrEqual(wanted)
          state = taken.state
          total += taken.granted
        }
        expect(total).toBeLessThanOrEqual(policy.burst + (nowMs * policy.perS) / 1_000 + 0.001)
      }),
    )
  })
})
