import { describe, expect, test } from '@jest/globals'
import { seededRandom, type Random } from '@bzzz/base'
import { isLinearizable, type Operation } from './wgl.js'

/** The definition itself: some order of some of the operations, by trying all of them. */
const bruteForce = (operations: readonly Operation[], state: string | null = null): boolean => {
  const mustHappen = operations.filter(({ ret }) => ret !== Infinity)
  if (mustHappen.length === 0) return true
  const firstReturn = Math.min(...operations.map(({ ret }) => ret))
  return operations.some((operation) => {
    if (operation.call > firstReturn) return false
    const rest = operations.filter((other) => other !== operation)
    if (operation.kind === 'write') return bruteForce(rest, operation.value ?? null)
    if (operation.kind === 'read') return operation.result === state && bruteForce(rest, state)
    const isExpected = state === (operation.expected ?? null)
    if (operation.kind === 'differs') return !isExpected && bruteForce(rest, state)
    return isExpected && bruteForce(rest, operation.value ?? null)
  })
}

const randomHistory = (random: Random): Operation[] =>
  Array.from({ length: 2 + random.int(5) }, (): Operation => {
    const call = random.int(12)
    const isUnknown = random.next() < 0.15
    const ret = isUnknown ? Infinity : call + 1 + random.int(6)
    const value = `${random.int(3)}`
    const dice = random.next()
    if (dice < 0.35) return { kind: 'write', call, ret, value }
    const expected = random.int(4) === 0 ? null : `${random.int(3)}`
    if (dice < 0.6) return { kind: 'cas', call, ret, value, expected }
    if (dice < 0.7) return { kind: 'differs', call, ret: call + 1 + random.int(6), expected }
    return {
      kind: 'read',
      call,
      ret: call + 1 + random.int(6),
      result: random.int(4) === 0 ? null : value,
    }
  })

/** A compare-and-set from the state that a write left, and one more operation. */
const both = (second: Operation): Operation[] => [
  { kind: 'write', call: 0, ret: 1, value: 'a' },
  { kind: 'cas', call: 2, ret: 4, value: 'b', expected: 'a' },
  second,
]

describe('the checker of linearizability', () => {
  test('agrees with the definition on 20,000 random histories', () => {
    const random = seededRandom(1)
    let linearizable = 0
    for (let i = 0; i < 20_000; i++) {
      const history = randomHistory(random)
      const expected = bruteForce(history)
      if (expected) linearizable++
      if (isLinearizable(history) !== expected)
        throw new Error(`history ${i}: ${JSON.stringify(history)}`)
    }
    expect(linearizable).toBeGreaterThan(2000)
    expect(linearizable).toBeLessThan(18_000)
  })

  test('tells two compare-and-sets that both succeed from one state', () => {
    const second: Operation = { kind: 'cas', call: 3, ret: 5, value: 'c', expected: 'a' }
    expect(isLinearizable(both(second))).toBe(false)
    expect(isLinearizable(both({ ...second, ret: Infinity }))).toBe(true)
    expect(isLinearizable(both({ kind: 'differs', call: 3, ret: 5, expected: 'a' }))).toBe(true)
    expect(isLinearizable(both({ kind: 'differs', call: 3, ret: 5, expected: 'b' }))).toBe(true)
    expect(isLinearizable(both({ kind: 'differs', call: 5, ret: 6, expected: 'b' }))).toBe(false)
  })

  test('tells a stale read', () => {
    const history: Operation[] = [
      { kind: 'write', call: 0, ret: 1, value: 'a' },
      { kind: 'write', call: 2, ret: 3, value: 'b' },
      { kind: 'read', call: 4, ret: 5, result: 'a' },
    ]
    expect(isLinearizable(history)).toBe(false)
  })
})
