import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { AdaptiveDeadline } from '../../src/pure/deadline.js'

/** After one window of these calls. */
const after = (...tookMs: readonly number[]): AdaptiveDeadline => {
  const deadline = new AdaptiveDeadline(20, 60)
  for (const ms of tookMs) deadline.record(ms)
  deadline.roll()
  return deadline
}

describe('the deadline of one call', () => {
  test('starts at the upper bound, and changes only when a window ends', () => {
    const deadline = new AdaptiveDeadline(20, 60)
    expect(deadline.ms).toBe(60)
    deadline.record(1)
    expect(deadline.ms).toBe(60)
    deadline.roll()
    expect(deadline.ms).toBe(20)
  })

  test('is twice the p99, whole, within its bounds', () => {
    expect(after(12.3).ms).toBe(25)
    expect(after(1).ms).toBe(20)
    expect(after(45).ms).toBe(60)
    const hundred = Array.from({ length: 99 }, () => 15)
    expect(after(...hundred, 29).ms).toBe(30)
    expect(after(...hundred.slice(1), 29, 29).ms).toBe(58)
  })

  test('remembers two windows', () => {
    const deadline = after(25)
    expect(deadline.ms).toBe(50)
    deadline.record(11)
    deadline.roll()
    expect(deadline.ms).toBe(50)
    deadline.record(11)
    deadline.roll()
    expect(deadline.ms).toBe(22)
  })

  test('returns to the upper bound when nothing succeeded in two windows', () => {
    const deadline = after(1)
    deadline.roll()
    expect(deadline.ms).toBe(20)
    deadline.roll()
    expect(deadline.ms).toBe(60)
  })

  test('equals the p99 of a sorted list, for any latencies', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 })
    fc.assert(
      fc.property(latencies, latencies, (older, newer) => {
        const deadline = after(...older)
        for (const ms of newer) deadline.record(ms)
        deadline.roll()
        const sorted = [...older, ...newer].toSorted((a, b) => a - b)
        const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0
        expect(deadline.ms).toBe(Math.min(60, Math.max(20, Math.ceil(2 * p99))))
      }),
    )
  })

  test('takes clocks that stand still or go back', () => {
    expect(after(0, -5, Number.NaN).ms).toBe(20)
    expect(after(Number.POSITIVE_INFINITY).ms).toBe(60)
  })

  test('bounds that are no whole numbers, or one above the other', () => {
    expect(new AdaptiveDeadline(19.5, 59.5).ms).toBe(60)
    expect(new AdaptiveDeadline(80, 60).ms).toBe(80)
  })
})
