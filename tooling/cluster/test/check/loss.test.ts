import { describe, expect, test } from '@jest/globals'
import { monotonicProblems } from '../../src/check/monotonic.js'
import { lossProblems, phantomProblems } from '../../src/check/no-loss.js'
import { compareVersionTexts } from '../../src/history.js'
import { get, put } from './calls.js'

const finals = (value: string | null) => new Map([['k', value]])

describe('the checker of loss', () => {
  test('takes each acknowledged write that is readable or superseded', () => {
    const calls = [
      put('k', 'a', { at: [0, 1], level: 'local', outcome: 'ok' }),
      put('k', 'b', { at: [2, 3], level: 'local', outcome: 'pending' }),
      put('k', 'failed', { at: [4, 5], outcome: 'unavailable' }),
    ]
    expect(lossProblems(calls, finals('b'))).toEqual([])
  })

  test.each(['ok', 'pending'] as const)('catches a write that was %s and is gone', (outcome) => {
    const problems = lossProblems([put('k', 'a', { at: [0, 1], outcome })], finals(null))
    expect(problems).toEqual([expect.stringContaining('lost, k is absent')])
  })

  test('catches a write that an earlier one of the same node has overtaken', () => {
    const calls = [
      put('k', 'a', { at: [0, 1], level: 'local' }),
      put('k', 'b', { at: [2, 3], level: 'local' }),
    ]
    expect(lossProblems(calls, finals('a'))).toEqual([expect.stringContaining('earlier write')])
  })

  test('catches a quorum write that an earlier quorum write of another node has overtaken', () => {
    const calls = [put('k', 'a', { at: [0, 1] }), put('k', 'b', { at: [2, 3], node: 2 })]
    expect(lossProblems(calls, finals('a'))).toEqual([expect.stringContaining('earlier write')])
  })

  test('lets either of two concurrent writes win', () => {
    const overlapping = [put('k', 'a', { at: [0, 5] }), put('k', 'b', { at: [2, 9], node: 2 })]
    const apart = [
      put('k', 'a', { at: [0, 1], level: 'local' }),
      put('k', 'b', { at: [2, 3], level: 'local', node: 2 }),
    ]
    expect(lossProblems(overlapping, finals('a'))).toEqual([])
    expect(lossProblems(apart, finals('a'))).toEqual([])
  })

  test('catches a value of nobody, and a key that was not read in the end', () => {
    const calls = [put('k', 'a', { at: [0, 1], outcome: 'unknown' })]
    expect(lossProblems(calls, finals('x'))).toEqual([expect.stringContaining('nobody wrote')])
    expect(lossProblems(calls, new Map())).toEqual([expect.stringContaining('not read')])
  })

  test('catches a refused write that is there', () => {
    const calls = [put('k', 'a', { at: [0, 1], outcome: 'conflict', expected: null })]
    expect(phantomProblems(calls, finals('a'))).toEqual([expect.stringContaining('refused')])
    expect(phantomProblems(calls, finals(null))).toEqual([])
  })
})

describe('the checker of monotonic reads', () => {
  const never = { restartsMs: () => [] }
  const [old, recent] = ['10.0.a', '11.0.a']

  test('catches a read older than an earlier read of the same node', () => {
    const calls = [
      get('k', 'b', { at: [0, 1], version: recent }),
      get('k', 'a', { at: [2, 3], version: old }),
    ]
    expect(monotonicProblems(calls, never)).toEqual([expect.stringContaining('went back')])
  })

  test('catches a miss after a record was shown', () => {
    const calls = [get('k', 'b', { at: [0, 1], version: old }), get('k', null, { at: [2, 3] })]
    expect(monotonicProblems(calls, never)).toHaveLength(1)
  })

  test('catches a read older than the own write of the node, over restarts as well', () => {
    const calls = [
      put('k', 'b', { at: [0, 1], version: recent, level: 'local' }),
      get('k', 'a', { at: [4, 5], version: old }),
    ]
    expect(monotonicProblems(calls, { restartsMs: () => [3] })).toHaveLength(1)
  })

  test('forgets what was read of others at a restart', () => {
    const calls = [
      get('k', 'b', { at: [0, 1], version: recent }),
      get('k', 'a', { at: [4, 5], version: old }),
    ]
    expect(monotonicProblems(calls, { restartsMs: () => [3] })).toEqual([])
  })

  test('lets calls that overlap, and other nodes, answer as they like', () => {
    const calls = [
      get('k', 'b', { at: [0, 3], version: recent }),
      get('k', 'a', { at: [2, 4], version: old }),
      get('k', 'a', { at: [5, 6], version: old, node: 2 }),
    ]
    expect(monotonicProblems(calls, never)).toEqual([])
  })
})

test('versions are ordered by time, counter and writer, not as texts', () => {
  const inOrder = ['9.0.z', '10.0.a', '10.2.a', '10.11.a', '10.11.b']
  expect(inOrder.toReversed().toSorted(compareVersionTexts)).toEqual(inOrder)
})
