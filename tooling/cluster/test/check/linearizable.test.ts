import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '@bzzz/base'
import { linearizabilityProblems } from '../../src/check/linearizable.js'
import { isLinearizable, type RegisterOperation } from '../../src/check/wgl.js'
import type { Call } from '../../src/history.js'
import { get, put } from './calls.js'

const expected = (value: string) => ({ value, version: '1.0.a' })

const bad: Record<string, readonly Call[]> = {
  'a stale read after a write was acknowledged': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 3] }),
    get('k', 'a', { at: [4, 5], node: 2 }),
  ],
  'a write that nobody reads': [put('k', 'a', { at: [0, 1] }), get('k', null, { at: [2, 3] })],
  'a value of nobody': [get('k', 'x', { at: [0, 1] })],
  'a value that comes back: a retry took effect twice': [
    put('k', 'a', { at: [0, 9] }),
    get('k', 'a', { at: [1, 2] }),
    put('k', 'b', { at: [3, 4] }),
    get('k', 'a', { at: [10, 11] }),
  ],
  'two reads of one another, the newer one first': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, Infinity], outcome: 'unknown' }),
    get('k', 'b', { at: [3, 4] }),
    get('k', 'a', { at: [5, 6], node: 3 }),
  ],
  'two conditional writes on the same version': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 5], expected: expected('a') }),
    put('k', 'c', { at: [3, 6], expected: expected('a'), node: 2 }),
  ],
  'a refused condition that held throughout': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 3], expected: expected('a'), outcome: 'conflict' }),
  ],
  'a refused condition that a write could have broken only later': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'c', { at: [4, 5], expected: expected('a'), outcome: 'conflict' }),
    put('k', 'b', { at: [6, 7], outcome: 'unknown' }),
  ],
  'a refused write that is read': [
    put('k', 'b', { at: [0, 1], expected: expected('a'), outcome: 'conflict' }),
    get('k', 'b', { at: [2, 3] }),
  ],
  'a write that was not done, and is read': [
    put('k', 'a', { at: [0, 1], outcome: 'unavailable' }),
    get('k', 'a', { at: [2, 3] }),
  ],
}

const good: Record<string, readonly Call[]> = {
  'one after the other': [
    put('k', 'a', { at: [0, 1] }),
    get('k', 'a', { at: [2, 3] }),
    put('k', 'b', { at: [4, 5], expected: expected('a') }),
    get('k', 'b', { at: [6, 7] }),
  ],
  'a read during a write, either way': [
    put('k', 'a', { at: [0, 10] }),
    get('k', null, { at: [1, 2] }),
    get('k', 'a', { at: [3, 4] }),
  ],
  'an unknown write that took effect late': [
    put('k', 'a', { at: [0, 1], outcome: 'unknown' }),
    put('k', 'b', { at: [2, 3] }),
    get('k', 'b', { at: [4, 5] }),
    get('k', 'a', { at: [6, 7] }),
  ],
  'a pending condition, which spreads like a plain write': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 3], expected: null, outcome: 'pending' }),
    get('k', 'b', { at: [4, 5] }),
  ],
  'a refused condition that only a write nobody saw can have broken': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 3], outcome: 'unknown' }),
    put('k', 'c', { at: [4, 5], expected: expected('a'), outcome: 'conflict' }),
  ],
  'an unknown write that only a condition saw': [
    put('k', 'a', { at: [0, 1], outcome: 'unknown' }),
    put('k', 'b', { at: [2, 3], expected: expected('a') }),
    get('k', 'b', { at: [4, 5] }),
  ],
  'what was told at the level local, which promises nothing to others': [
    put('k', 'a', { at: [0, 1] }),
    put('k', 'b', { at: [2, 3], level: 'local' }),
    get('k', 'a', { at: [4, 5] }),
    get('k', null, { at: [6, 7], level: 'local' }),
    get('k', 'b', { at: [8, 9] }),
  ],
  'a refused condition during the write that broke it': [
    put('k', 'a', { at: [0, 10] }),
    put('k', 'b', { at: [1, 2], expected: null, outcome: 'conflict' }),
  ],
}

describe('the checker of linearizability', () => {
  test.each(Object.entries(bad))('catches %s', (_name, calls) => {
    expect(linearizabilityProblems(calls)).toEqual([expect.stringContaining('k is not')])
  })

  test.each(Object.entries(good))('accepts %s', (_name, calls) => {
    expect(linearizabilityProblems(calls)).toEqual([])
  })

  test('judges each key alone, and prints no more of a history than shows it', () => {
    const [problem = '', ...others] = linearizabilityProblems([
      ...(bad['a stale read after a write was acknowledged'] ?? []),
      ...Array.from({ length: 100 }, (_, at) => get('k', 'b', { at: [10 + at, 10.5 + at] })),
      ...(good['one after the other'] ?? []).map((call) => ({ ...call, key: 'other' })),
    ])
    expect(others).toEqual([])
    expect(problem.split('\n')).toHaveLength(4)
  })

  test('keeps pace with unknown writes that nobody saw', () => {
    const calls = Array.from({ length: 2_000 }, (_, at) => [
      put('k', `lost ${at}`, { at: [3 * at, 3 * at + 1], outcome: 'unknown' }),
      put('k', `v${at}`, { at: [3 * at + 1, 3 * at + 2] }),
      get('k', `v${at}`, { at: [3 * at + 2.1, 3 * at + 2.5] }),
    ]).flat()
    expect(linearizabilityProblems(calls)).toEqual([])
  })
})

/** Every order of the operations, those that never returned left out or not. */
const byTrial = (
  operations: readonly RegisterOperation[],
  value: string | null = null,
): boolean => {
  if (operations.every(({ returnMs }) => returnMs === Infinity)) return true
  const firstEnd = Math.min(...operations.map(({ returnMs }) => returnMs))
  return operations.some((operation) => {
    if (operation.callMs > firstEnd) return false
    const { kind, value: other = null, expected: wanted = null } = operation
    const isPossible =
      kind === 'write' ||
      (kind === 'read' ? other === value : kind === 'differs' ? wanted !== value : wanted === value)
    const rest = operations.filter((each) => each !== operation)
    const after = kind === 'write' || kind === 'exchange' ? other : value
    return isPossible && byTrial(rest, after)
  })
}

test('agrees with trying every order, over random histories', () => {
  const counts = { linearizable: 0, not: 0 }
  for (let seed = 1; seed <= 4_000; seed++) {
    const random = seededRandom(seed)
    const operations = Array.from({ length: 6 }, (): RegisterOperation => {
      const callMs = random.int(12)
      const isOpen = random.int(8) === 0
      const kind = (['read', 'write', 'write', 'exchange', 'differs'] as const)[random.int(5)]
      const valueOf = (): string | null => ['a', 'b', 'c', null][random.int(4)] ?? null
      return {
        kind: kind ?? 'read',
        callMs,
        returnMs: isOpen && kind !== 'read' ? Infinity : callMs + random.int(6),
        value: valueOf(),
        expected: valueOf(),
      }
    })
    const truth = byTrial(operations)
    counts[truth ? 'linearizable' : 'not'] += 1
    expect({ seed, is: isLinearizable(operations) }).toEqual({ seed, is: truth })
  }
  expect(Math.min(counts.linearizable, counts.not)).toBeGreaterThan(500)
})
