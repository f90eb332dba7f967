import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { Lru } from '../src/lru.js'

const value = (n: number): { n: number } => ({ n })

test('drops what was used least recently', () => {
  const lru = new Lru<{ n: number }>(2)
  lru.set('a', value(1))
  lru.set('b', value(2))
  lru.get('a')
  lru.set('c', value(3))
  expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([value(1), undefined, value(3)])
})

test('setting a key again makes it the newest', () => {
  const lru = new Lru<{ n: number }>(2)
  lru.set('a', value(1))
  lru.set('b', value(2))
  lru.set('a', value(4))
  lru.set('c', value(3))
  expect([lru.get('a'), lru.get('b')]).toEqual([value(4), undefined])
})

test('never holds more than its bound', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__'))
  fc.assert(
    fc.property(fc.nat(4), keys, (max, names) => {
      const lru = new Lru<{ n: number }>(max)
      for (const [at, name] of names.entries()) {
        lru.set(name, value(at))
        expect(lru.size).toBeLessThanOrEqual(max)
        expect(lru.get(name)).toEqual(max === 0 ? undefined : value(at))
      }
    }),
  )
})
