import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { Histogram } from '../src/index.js'

const value = fc.oneof(fc.nat(40), fc.nat(100_000), fc.nat(2 ** 32 - 1))

const fill = (values: readonly number[]): Histogram => {
  const histogram = new Histogram()
  for (const each of values) histogram.record(each)
  return histogram
}

describe('a histogram', () => {
  test('keeps count, sum and maximum exactly', () => {
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const histogram = fill(values)
        expect(histogram.count).toBe(values.length)
        expect(histogram.sum).toBe(values.reduce((sum, each) => sum + each, 0))
        expect(histogram.max).toBe(Math.max(0, ...values))
      }),
    )
  })

  test('gives quantiles that are never too small, and at most 1/8 too great', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), share, (values, q) => {
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1] ?? Number.NaN
        const quantile = fill(values).quantile(q) ?? Number.NaN
        expect(quantile).toBeGreaterThanOrEqual(exact)
        expect(quantile).toBeLessThanOrEqual(Math.max(1, exact * 1.125))
      }),
    )
    expect(new Histogram().quantile(0.5)).toBeUndefined()
  })

  test('counts exactly up to every power of two, ends included', () => {
    fc.assert(
      fc.property(fc.array(value), fc.integer({ min: 0, max: 32 }), (values, exponent) => {
        const expected = values.filter((each) => each <= 2 ** exponent).length
        expect(fill(values).countUpTo(exponent)).toBe(expected)
      }),
    )
    for (let exponent = 0; exponent < 32; exponent++) {
      const end = 2 ** exponent
      expect(fill([end, end + 1]).countUpTo(exponent)).toBe(1)
    }
  })

  test('takes what is out of range as its nearest end', () => {
    const histogram = fill([-5, Number.NaN, -Infinity, 0.9, 1e300, Infinity])
    expect([histogram.count, histogram.max]).toEqual([6, 2 ** 32 - 1])
    expect(histogram.sum).toBe(2 * (2 ** 32 - 1))
    expect(histogram.quantile(0.6)).toBe(1)
    expect(histogram.quantile(1)).toBe(2 ** 32 - 1)
  })

  test('tells what was recorded since a copy, which goes on unchanged', () => {
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (before, after) => {
        const histogram = fill(before)
        const copy = histogram.copy()
        for (const each of after) histogram.record(each)
        const since = histogram.since(copy)
        const alone = fill(after)
        expect([since.count, since.sum]).toEqual([alone.count, alone.sum])
        for (let exponent = 0; exponent <= 32; exponent++)
          expect(since.countUpTo(exponent)).toBe(alone.countUpTo(exponent))
        expect(copy.count).toBe(before.length)
        expect(copy.quantile(0.5)).toBe(fill(before).quantile(0.5))
      }),
    )
  })
})
