import { expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { KeyLocks } from '../src/key-locks.js'

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('a key belongs to one token at a time, and its lease is not prolonged', () => {
  const clock = new ManualClock()
  const locks = new KeyLocks(clock)
  expect(locks.acquire('k', 'a', 100)).toBe(true)
  expect(locks.acquire('k', 'b', 100)).toBe(false)
  expect(locks.acquire('other', 'b', 100)).toBe(true)
  clock.advance(60)
  expect(locks.acquire('k', 'a', 100)).toBe(true)
  clock.advance(60)
  expect(locks.isHeld('k')).toBe(false)
  expect(locks.acquire('k', 'b', 100)).toBe(true)
})

test('only its holder releases a lock, and the timer of its lease goes with it', () => {
  const clock = new ManualClock()
  const locks = new KeyLocks(clock)
  locks.acquire('k', 'a', 100)
  locks.release('k', 'b')
  expect(locks.isHeld('k')).toBe(true)
  locks.release('k', 'a')
  expect(locks.isHeld('k')).toBe(false)
  expect(clock.pendingTimers).toBe(0)
})

test('waiting ends with the lock, at once for its holder, and again for a next lock', async () => {
  const locks = new KeyLocks(new ManualClock())
  const seen: string[] = []
  locks.acquire('k', 'a', 100)
  void locks.whenFree('k', 'a').then(() => seen.push('holder'))
  void locks.whenFree('k').then(() => seen.push('other'))
  await turn()
  expect(seen).toEqual(['holder'])
  locks.release('k', 'a')
  locks.acquire('k', 'b', 100)
  await turn()
  expect(seen).toEqual(['holder'])
  locks.release('k', 'b')
  await turn()
  expect(seen).toEqual(['holder', 'other'])
})
