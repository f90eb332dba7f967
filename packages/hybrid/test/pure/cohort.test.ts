import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { cohortOf } from '../../src/pure/cohort.js'

/** Chi² of a uniform spread over 100 cells: 99 degrees of freedom. */
const chiSquared = (keys: readonly string[]): number => {
  const cells = Array.from({ length: 100 }, () => 0)
  for (const key of keys) {
    const cell = Math.floor(cohortOf(key))
    cells[cell] = (cells[cell] ?? 0) + 1
  }
  const expected = keys.length / cells.length
  return cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** What a uniform spread exceeds once in 10,000 draws, at 99 degrees of freedom. */
const CHI_SQUARED_MAX = 157

const keysOf = (make: (i: number) => string): string[] =>
  Array.from({ length: 50_000 }, (_, i) => make(i))

describe('the position of a key in a rollout', () => {
  test('is the same for ever', () => {
    // Computed by another implementation of the two functions.
    expect(
      [
        '',
        'a',
        'b',
        'ab',
        'ba',
        'agents/1/state',
        'ucxl://agent:role@project:task/',
        'ключ',
        '🔑',
      ].map(cohortOf),
    ).toEqual([89.23, 17.15, 82.74, 17.89, 87.41, 22.3, 38.21, 56.72, 68.6])
  })

  test('lies in [0, 100) in steps of 0.01', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const at = cohortOf(key)
        expect(at).toBeGreaterThanOrEqual(0)
        expect(at).toBeLessThan(100)
        expect(at).toBe(Math.round(at * 100) / 100)
      }),
    )
  })

  test.each([
    ['numbered', keysOf((i) => `agents/${String(i)}`)],
    ['numbered at the front', keysOf((i) => `${String(i)}/state`)],
    ['of one length', keysOf((i) => String(i).padStart(8, '0'))],
    ['long', keysOf((i) => `${'x'.repeat(200)}${String(i)}`)],
    ['one character', keysOf((i) => String.fromCharCode(i))],
  ])('keys are spread evenly: %s', (_, keys) => {
    expect(chiSquared(keys)).toBeLessThan(CHI_SQUARED_MAX)
  })
})
