import { describe, expect, test } from '@jest/globals'
import { failedCalls, historyProblems } from '../../src/check/judge.js'
import type { Outage } from '../../src/cluster-node.js'
import { get, put } from './calls.js'

const none = (): readonly Outage[] => []
const during =
  (kind: Outage['kind']) =>
  (node: number): readonly Outage[] =>
    node === 1 ? [{ kind, fromMs: 1.5, toMs: 2.5 }] : []
const own = { keyClass: 'own', level: undefined } as const

describe('promised calls', () => {
  const kept = put('k', 'a', { at: [0, 1], ...own })

  test.each([
    ['a write that was refused', put('k', 'b', { at: [2, 3], ...own, outcome: 'unavailable' })],
    ['a write that is only pending', put('k', 'b', { at: [2, 3], ...own, outcome: 'pending' })],
    ['a write that took two tries', put('k', 'b', { at: [2, 3], ...own, tries: 2 })],
    ['a read that was refused', get('k', null, { at: [2, 3], ...own, outcome: 'unavailable' })],
    ['a read of what this node wrote that finds nothing', get('k', null, { at: [2, 3], ...own })],
  ])('%s has failed', (_name, call) => {
    expect(failedCalls([kept, call], none)).toEqual([call])
  })

  test.each([
    ['a read of what was not written yet', get('other', null, { at: [2, 3], ...own })],
    [
      'a read of what others write',
      get('k', null, { at: [2, 3], ...own, keyClass: 'shared', outcome: 'unavailable' }),
    ],
    ['what asked for a quorum', put('k', 'b', { at: [2, 3], outcome: 'pending' })],
    [
      'a call that has not ended',
      get('k', null, { at: [2, Infinity], ...own, outcome: 'unknown' }),
    ],
  ])('%s has not', (_name, call) => {
    expect(failedCalls([kept, call], none)).toEqual([])
  })

  test('a node that is down promises nothing, and one with a full disk no writes', () => {
    const read = get('k', null, { at: [2, 3], ...own, outcome: 'unknown' })
    const write = put('k', 'b', { at: [2, 3], ...own, outcome: 'unknown' })
    expect(failedCalls([kept, read, write], during('killed'))).toEqual([])
    expect(failedCalls([kept, read, write], during('disk full'))).toEqual([read])
    expect(
      failedCalls([kept, read, write], () => [{ kind: 'killed', fromMs: 4, toMs: 5 }]),
    ).toEqual([read, write])
  })
})

test('a history is judged by all checkers', () => {
  const calls = [
    put('lost', 'a', { at: [0, 1], keyClass: 'once', level: undefined }),
    put('stale', 'b', { at: [0, 1], version: '2.0.a' }),
    get('stale', null, { at: [2, 3] }),
    put('phantom', 'c', {
      at: [0, 1],
      outcome: 'conflict',
      expected: { value: 'x', version: '1' },
    }),
  ]
  const finals = new Map([
    ['lost', null],
    ['stale', 'b'],
    ['phantom', 'c'],
  ])
  const problems = historyProblems(calls, { finals, outagesOf: none }).join('\n')
  for (const word of [
    'lost, lost is absent',
    'refused, and there',
    'not linearizable',
    'went back',
  ])
    expect(problems).toContain(word)
})
