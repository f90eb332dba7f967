import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { closest, editDistance } from '../src/suggest.js'

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['port', 'prot', 1],
    ['kitten', 'sitting', 3],
    ['BZZZ_HTTP_PORT', 'BZZ_HTTP_PORTS', 2],
  ])('%j %j', (a, b, distance) => expect(editDistance(a, b)).toBe(distance))

  test('is symmetric, zero only for equals, at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

test('suggests what is near, nothing that is far, and compares no giants', () => {
  const names = ['port', 'host', 'request_timeout']
  expect(closest('prot', names)).toBe('port')
  expect(closest('request_timout', names)).toBe('request_timeout')
  expect(closest('cache', names)).toBeUndefined()
  expect(closest('x', names)).toBeUndefined()
  expect(closest('port'.repeat(17), ['port'.repeat(17)])).toBeUndefined()
})
