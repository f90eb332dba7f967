import { describe, expect, test } from '@jest/globals'
import {
  CLOSED,
  stepBreaker,
  type BreakerEvent,
  type BreakerState,
} from '../../src/pure/breaker.js'
import { DEFAULT_TUNING } from '../../src/tuning.js'

const unavailable = { kind: 'unavailable' } as const
const success = { kind: 'success' } as const

const after = (...events: readonly BreakerEvent[]): BreakerState =>
  events.reduce((state, event) => stepBreaker(state, event, DEFAULT_TUNING), CLOSED)

const window = (calls: number, errors: number, slow: number): BreakerEvent => ({
  kind: 'window',
  calls,
  errors,
  slow,
})

describe('the breaker', () => {
  test('opens at the third unavailable call in a row, and says so', () => {
    expect(after(unavailable, unavailable).openedBy).toBeUndefined()
    expect(after(unavailable, unavailable, unavailable).openedBy).toBe(
      '3 calls in a row found real unavailable',
    )
  })

  test('a success in between begins the count again', () => {
    expect(after(unavailable, unavailable, success, unavailable, unavailable)).toEqual({
      errorsInARow: 2,
      openedBy: undefined,
    })
  })

  test.each([
    [
      'half of the calls unavailable',
      20,
      10,
      0,
      '50 % of 20 calls in a window found real unavailable',
    ],
    ['fewer', 20, 9, 0, undefined],
    ['four fifths slow', 20, 0, 16, '80 % of 20 calls in a window were slow'],
    ['fewer slow', 20, 0, 15, undefined],
    ['all unavailable, but too few to judge', 19, 19, 19, undefined],
    ['nothing', 0, 0, 0, undefined],
  ])('a window with %s', (_, calls, errors, slow, openedBy) => {
    expect(after(window(calls, errors, slow)).openedBy).toBe(openedBy)
  })

  test('a window without a call opens nothing, even where one call suffices to judge', () => {
    const policy = { ...DEFAULT_TUNING, windowCallsMin: 0 }
    expect(stepBreaker(CLOSED, window(0, 0, 0), policy)).toBe(CLOSED)
  })

  test('open, it stays so whatever comes late, until it is reset', () => {
    const open = after(unavailable, unavailable, unavailable)
    expect(
      [success, unavailable, window(100, 0, 0)].map((event) =>
        stepBreaker(open, event, DEFAULT_TUNING),
      ),
    ).toEqual([open, open, open])
    expect(stepBreaker(open, { kind: 'reset' }, DEFAULT_TUNING)).toBe(CLOSED)
  })
})
