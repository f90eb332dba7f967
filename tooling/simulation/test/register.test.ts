import { describe, expect, test } from '@jest/globals'
import { isLinearizable, type RegisterOperation } from '../src/register.js'

const write = (startMs: number, endMs: number, value: string | null): RegisterOperation => ({
  kind: 'write',
  startMs,
  endMs,
  value,
})

const read = (startMs: number, endMs: number, value: string | null): RegisterOperation => ({
  kind: 'read',
  startMs,
  endMs,
  value,
})

const swap = (
  kind: 'exchange' | 'differs',
  startMs: number,
  expected: string | null,
  value: string | null = null,
): RegisterOperation => ({ kind, startMs, endMs: startMs + 1, value, expected })

describe('histories that one copy could have given', () => {
  test.each<[string, RegisterOperation[]]>([
    ['nothing', []],
    ['a read during a write sees the old value', [write(0, 9, 'a'), read(1, 2, null)]],
    ['a read during a write sees the new value', [write(0, 9, 'a'), read(1, 2, 'a')]],
    [
      'a write that never returned is seen late',
      [write(0, Infinity, 'a'), read(5, 6, null), read(7, 8, 'a')],
    ],
    ['a write that never returned is never seen', [write(0, Infinity, 'a'), read(5, 6, null)]],
    [
      'two writes at once, in either order',
      [write(0, 9, 'a'), write(0, 9, 'b'), read(10, 11, 'a')],
    ],
    ['a condition that held', [write(0, 1, 'a'), swap('exchange', 2, 'a', 'b'), read(4, 5, 'b')]],
    [
      'a condition that did not hold',
      [write(0, 1, 'a'), swap('differs', 2, null), read(4, 5, 'a')],
    ],
    [
      'a condition that an unknown write broke',
      [write(0, 1, 'a'), write(1, Infinity, 'x'), swap('differs', 2, 'a')],
    ],
  ])('%s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(true)
  })
})

describe('histories that no single copy could have given', () => {
  test.each<[string, RegisterOperation[]]>([
    ['a stale read', [write(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'a')]],
    ['a write that was lost', [write(0, 1, 'a'), read(2, 3, null)]],
    [
      'a value that comes back',
      [write(0, 9, 'a'), read(1, 2, 'a'), write(3, 4, 'b'), read(5, 6, 'b'), read(10, 11, 'a')],
    ],
    ['reads that go back', [write(0, 9, 'a'), read(1, 2, 'a'), read(3, 4, null)]],
    [
      'two conditions that held on one value',
      [swap('exchange', 0, null, 'a'), swap('exchange', 2, null, 'b')],
    ],
    ['a condition that did not hold, though it did', [write(0, 1, 'a'), swap('differs', 2, 'a')]],
    ['a value that nobody wrote', [read(0, 1, 'a')]],
    ['a delete that had no effect', [write(0, 1, 'a'), write(2, 3, null), read(4, 5, 'a')]],
  ])('%s', (_, operations) => {
    expect(isLinearizable(operations)).toBe(false)
  })
})
