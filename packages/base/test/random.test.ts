import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { newOperationId } from '../src/ids.js'
import { pick, seededRandom, shuffle, systemRandom, type Random } from '../src/random.js'

const sources: readonly (readonly [string, () => Random])[] = [
  ['seeded', () => seededRandom(42)],
  ['system', () => systemRandom],
]

describe.each(sources)('%s randomness', (_name, make) => {
  test('stays in its ranges and covers them evenly', () => {
    const random = make()
    const counts = Array.from({ length: 8 }, () => 0)
    for (let i = 0; i < 8000; i++) {
      const next = random.next()
      expect(next >= 0 && next < 1).toBe(true)
      const drawn = random.int(8)
      counts[drawn] = (counts[drawn] ?? Number.NaN) + 1
    }
    // 1,000 expected each, deviation 30: seven deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(210)
  })

  test('gives as many bytes as asked, more than one call of the platform gives', () => {
    const random = make()
    expect([random.bytes(0), random.bytes(1)].map((bytes) => bytes.length)).toEqual([0, 1])
    for (const length of [65_536, 65_537, 200_000]) {
      const bytes = random.bytes(length)
      expect(bytes).toHaveLength(length)
      // The chance that the last 16 are all zero by themselves is 2^-128.
      expect(bytes.subarray(-16).some((byte) => byte !== 0)).toBe(true)
    }
  })

  test('operation ids are 128 bits of hexadecimal, none twice', () => {
    const random = make()
    const ids = new Set(Array.from({ length: 1000 }, () => newOperationId(random)))
    expect(ids.size).toBe(1000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })
})

const draw = (random: Random): number[] => [random.next(), random.int(1e6), random.next()]

describe('seeded randomness', () => {
  test('repeats itself, and differs by seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(draw(seededRandom(seed))).toEqual(draw(seededRandom(seed)))
        expect(draw(seededRandom(seed))).not.toEqual(draw(seededRandom(seed ^ 1)))
      }),
    )
  })

  test('is the same on every machine and in every release', () => {
    const random = seededRandom(1)
    expect([random.int(1000), random.int(1000), random.int(1000)]).toEqual([627, 2, 527])
  })
})

const byNumber = (a: number, b: number): number => a - b

describe('pick and shuffle', () => {
  test('pick gives one of the items, each in time', () => {
    const random = seededRandom(3)
    const seen = new Set(Array.from({ length: 100 }, () => pick(random, ['a', 'b', 'c'])))
    expect(Array.from(seen).toSorted()).toEqual(['a', 'b', 'c'])
    expect(() => pick(random, [])).toThrow('empty list')
  })

  test('shuffle gives the same items in a copy', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const before = Array.from(items)
        const shuffled = shuffle(seededRandom(seed), items)
        expect(items).toEqual(before)
        expect(shuffled.toSorted(byNumber)).toEqual(items.toSorted(byNumber))
      }),
    )
  })

  test('shuffle reaches every order', () => {
    const random = seededRandom(5)
    const orders = new Set(
      Array.from({ length: 500 }, () => shuffle(random, ['a', 'b', 'c']).join('')),
    )
    expect(orders.size).toBe(6)
  })
})
