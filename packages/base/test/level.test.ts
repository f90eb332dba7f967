import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { quorumOf, replicasFor, type Level } from '../src/level.js'
import { thrownCode } from './support.js'

test('any two quorums share a replica, and no smaller number does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (replicas) => {
      const quorum = quorumOf(replicas)
      expect(quorum * 2).toBeGreaterThan(replicas)
      expect((quorum - 1) * 2).toBeLessThanOrEqual(replicas)
    }),
  )
  expect(quorumOf(1)).toBe(1)
})

test('levels ask for so many replicas', () => {
  expect([1, 2, 3, 5].map((n) => replicasFor('quorum', n))).toEqual([1, 2, 2, 3])
  expect([replicasFor('local', 5), replicasFor('all', 5)]).toEqual([1, 5])
  // A number that cannot be reached stays what it is: the write waits, the read fails.
  expect([replicasFor(2, 5), replicasFor(7, 5)]).toEqual([2, 7])
})

test.each([0, -1, 1.5, Number.NaN, Infinity, 'most', '2', null, undefined])(
  'no level: %p',
  (level) => {
    expect(thrownCode(() => replicasFor(level as Level, 3))).toBe('INVALID_ARGUMENT')
  },
)
