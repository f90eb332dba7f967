import { describe, expect, test } from '@jest/globals'
import type { Version } from '@bzzz/base'
import {
  describeBreach,
  doubled,
  lost,
  notLinearizable,
  phantoms,
  reordered,
  toldAsAbsent,
  type Breach,
} from '../src/checks.js'
import { History, type Call } from '../src/history.js'

const at = (wallMs: number, writer = 'a'): Version => ({ wallMs, counter: 0, writer })

type Given = Partial<Call> & Pick<Call, 'startMs' | 'endMs'>

/** Calls of one key, as clients saw them. */
class Made {
  readonly history = new History()

  put(value: string, { startMs, endMs, ...rest }: Given): this {
    return this.#add('put', value, startMs, endMs, {
      outcome: 'acknowledged',
      reached: 'quorum',
      ...rest,
    })
  }

  delete({ startMs, endMs, ...rest }: Given): this {
    return this.#add('delete', null, startMs, endMs, {
      outcome: 'acknowledged',
      reached: 'quorum',
      ...rest,
    })
  }

  get(found: string | null, { startMs, endMs, ...rest }: Given): this {
    return this.#add('get', null, startMs, endMs, { outcome: 'answered', found, ...rest })
  }

  swap(value: string, expected: string | null, { startMs, endMs, ...rest }: Given): this {
    return this.#add('swap', value, startMs, endMs, { outcome: 'acknowledged', expected, ...rest })
  }

  #add(
    kind: Call['kind'],
    value: string | null,
    startMs: number,
    endMs: number,
    rest: Partial<Call>,
  ): this {
    const call = this.history.begin({
      node: 0,
      kind,
      key: 'k',
      level: undefined,
      opId: `op ${this.history.calls.length}`,
      value,
      startMs,
    })
    Object.assign(call, { endMs, tries: 1, boot: 1 }, rest)
    if (call.version !== undefined && kind !== 'get')
      this.history.committed(call.opId, call.version)
    return this
  }
}

const final = (opId: string, version: Version) => new Map([['k', { opId, version }]])

const rulesOf = (breaches: readonly Breach[]): string[] => breaches.map(({ rule }) => rule)

describe('lost', () => {
  test('an acknowledged write that nobody holds', () => {
    const { history } = new Made().put('a', { startMs: 0, endMs: 1, version: at(1) })
    expect(rulesOf(lost(history, new Map()))).toEqual(['lost'])
    expect(lost(history, final('op 0', at(1)))).toEqual([])
  })

  test('a pending write is kept too', () => {
    const { history } = new Made().put('a', {
      startMs: 0,
      endMs: 1,
      version: at(1),
      outcome: 'pending',
    })
    expect(rulesOf(lost(history, new Map()))).toEqual(['lost'])
  })

  test('a write under one that was done before it', () => {
    const { history } = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(9) })
      .put('b', { startMs: 2, endMs: 3, version: at(5) })
    const breaches = lost(history, final('op 0', at(9)))
    expect(rulesOf(breaches)).toEqual(['lost'])
    expect(breaches.map(describeBreach).join()).toContain('put k = b')
  })

  test('not a write under one that was made at the same time, or on another node at local', () => {
    const concurrent = new Made()
      .put('a', { startMs: 0, endMs: 9, version: at(9) })
      .put('b', { startMs: 2, endMs: 3, version: at(5) })
    expect(lost(concurrent.history, final('op 0', at(9)))).toEqual([])
    const apart = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(9), reached: 'local' })
      .put('b', { startMs: 2, endMs: 3, version: at(5), node: 1, reached: 'local' })
    expect(lost(apart.history, final('op 0', at(9)))).toEqual([])
  })

  test('a write whose key stands at an older version', () => {
    const { history } = new Made()
      .put('a', { startMs: 0, endMs: 9, version: at(1) })
      .put('b', { startMs: 2, endMs: 3, version: at(5) })
    expect(rulesOf(lost(history, final('op 0', at(1))))).toEqual(['lost'])
  })

  test('a record of nobody', () => {
    const { history } = new Made().put('a', { startMs: 0, endMs: 1, version: at(1) })
    expect(rulesOf(lost(history, final('somebody', at(2))))).toEqual(['a phantom'])
  })
})

test('a phantom: a refused condition that took effect', () => {
  const { history } = new Made().swap('a', null, { startMs: 0, endMs: 1, outcome: 'conflict' })
  expect(rulesOf(phantoms(history, final('op 0', at(1))))).toEqual(['a phantom'])
  expect(phantoms(history, new Map())).toEqual([])
})

const shown = (given: Partial<Call>, read: Partial<Call>) =>
  reordered(
    new Made()
      .put('b', { startMs: 0, endMs: 1, version: at(5), ...given })
      .get('a', { startMs: 2, endMs: 3, version: at(1), ...read }).history,
  )

const reads = (boot: number) =>
  reordered(
    new Made()
      .get('b', { startMs: 0, endMs: 1, version: at(5) })
      .get('a', { startMs: 2, endMs: 3, version: at(1), boot }).history,
  )

describe('reordered', () => {
  test('a read behind what its node acknowledged, over a restart as well', () => {
    expect(rulesOf(shown({}, {}))).toEqual(['reordered'])
    expect(rulesOf(shown({}, { boot: 2 }))).toEqual(['reordered'])
    expect(rulesOf(shown({ outcome: 'pending' }, {}))).toEqual(['reordered'])
    expect(shown({ node: 1 }, {})).toEqual([])
    expect(shown({}, { allowStale: true })).toEqual([])
    expect(shown({ outcome: 'open' }, {})).toEqual([])
  })

  test('a read behind an earlier one, within a run of the node', () => {
    expect(rulesOf(reads(1))).toEqual(['reordered'])
    expect(reads(2)).toEqual([])
  })

  test('absence after a value that nobody deleted', () => {
    const made = new Made()
      .put('b', { startMs: 0, endMs: 1, version: at(5) })
      .get(null, { startMs: 2, endMs: 3 })
    expect(rulesOf(reordered(made.history))).toEqual(['reordered'])
    made.delete({ startMs: 1, endMs: 4, version: at(6), node: 1 })
    expect(reordered(made.history)).toEqual([])
  })
})

const shownTwice = (endMs: number) =>
  new Made()
    .put('a', { startMs: 0, endMs, version: at(1) })
    .get('a', { startMs: 2, endMs: 3, version: at(1) })
    .get('b', { startMs: 4, endMs: 5, version: at(2) })
    .get('a', { startMs: 6, endMs: 7, version: at(3) }).history

test('doubled: a value that is back after another one, though its write had been answered', () => {
  expect(rulesOf(doubled(shownTwice(1)))).toEqual(['doubled'])
  // While it is open it may still be stamped anew.
  expect(doubled(shownTwice(9))).toEqual([])
})

const absent = (given: Partial<Call>, write: Partial<Call> = {}) =>
  toldAsAbsent(
    new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(1), node: 1, ...write })
      .get(null, { startMs: 5, endMs: 6, ...given }).history,
  )

describe('told as absent', () => {
  test('a key that a quorum had acknowledged', () => {
    expect(rulesOf(absent({}))).toEqual(['told as absent'])
    expect(rulesOf(absent({ isAlone: true, leftMs: 3 }))).toEqual(['told as absent'])
  })

  test("not what was written since the node left, or is one node's own, or was asked for so", () => {
    expect(absent({ isAlone: true, leftMs: 0.5 })).toEqual([])
    expect(absent({}, { reached: 'local' })).toEqual([])
    expect(absent({}, { isAlone: true })).toEqual([])
    expect(absent({ allowStale: true })).toEqual([])
    expect(absent({ level: 'local' })).toEqual([])
  })

  test('not what somebody has deleted, or tried to', () => {
    const made = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(1) })
      .delete({ startMs: 2, endMs: Infinity, outcome: 'open' })
      .get(null, { startMs: 5, endMs: 6 })
    expect(toldAsAbsent(made.history)).toEqual([])
  })
})

const rules = (made: Made): string[] => rulesOf(notLinearizable(made.history, ['k']))

describe('not linearizable', () => {
  test('a stale read at a quorum, shown with the calls up to it', () => {
    const made = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(1) })
      .put('b', { startMs: 2, endMs: 3, version: at(2) })
      .get('a', { startMs: 4, endMs: 5, version: at(1) })
      .get('b', { startMs: 6, endMs: 7, version: at(2) })
    const [breach] = notLinearizable(made.history, ['k'])
    expect(breach?.calls).toHaveLength(3)
  })

  test('what one node said alone does not count', () => {
    const made = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(1) })
      .get(null, { startMs: 4, endMs: 5, isAlone: true })
    expect(rules(made)).toEqual([])
    made.get(null, { startMs: 6, endMs: 7 })
    expect(rules(made)).toEqual(['not linearizable'])
  })

  test('a pending condition may have happened, as a plain write', () => {
    const made = new Made()
      .put('a', { startMs: 0, endMs: 1, version: at(1) })
      .swap('b', 'x', { startMs: 2, endMs: 3, outcome: 'pending' })
      .get('b', { startMs: 4, endMs: 5 })
    expect(rules(made)).toEqual([])
  })

  test('a conflict at a later try may be with its own first one', () => {
    const made = new Made()
      .swap('a', null, { startMs: 0, endMs: 5, outcome: 'conflict', tries: 2 })
      .get('a', { startMs: 6, endMs: 7 })
    expect(rules(made)).toEqual([])
  })
})
