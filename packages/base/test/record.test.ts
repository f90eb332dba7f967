import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { compareVersions, isExpired, type StampedRecord, type Version } from '../src/record.js'

const version: fc.Arbitrary<Version> = fc.record({
  wallMs: fc.nat(2),
  counter: fc.nat(2),
  writer: fc.constantFrom('a', 'ab', 'b'),
})

const byParts = (a: Version, b: Version): number =>
  a.wallMs - b.wallMs || a.counter - b.counter || (a.writer < b.writer ? -1 : 1)

test('versions are totally ordered: clock, counter, writer', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const isSame = JSON.stringify(a) === JSON.stringify(b)
      expect(Math.sign(compareVersions(a, b))).toBe(isSame ? 0 : Math.sign(byParts(a, b)))
      expect(Math.sign(compareVersions(b, a))).toBe(isSame ? 0 : Math.sign(byParts(b, a)))
    }),
  )
})

const record = (expiresAtMs?: number): StampedRecord => ({
  key: 'k',
  value: new Uint8Array(),
  deleted: false,
  version: { wallMs: 1, counter: 0, writer: 'a' },
  opId: 'o',
  expiresAtMs,
})

test('a record reads as absent from its expiry on', () => {
  expect(isExpired(record(), Infinity)).toBe(false)
  expect([9, 10, 11].map((nowMs) => isExpired(record(10), nowMs))).toEqual([false, true, true])
  expect(isExpired(record(0), 0)).toBe(true)
})
