import { describe, expect, test } from '@jest/globals'
import type { Version } from '@bzzz/base'
import { Superseded } from '../src/superseded.js'
import { Tally } from '../src/tally.js'
import type { Held, WriteResult } from '../src/wire/reply.js'

const at = (wallMs: number): Version => ({ wallMs, counter: 0, writer: 'w' })
const stored: WriteResult = { outcome: 'stored' }
const newer = (held: Held, wallMs = 9): WriteResult => ({
  outcome: 'newer',
  newest: at(wallMs),
  held,
})

const tallied = (replicas: number, need: number, results: readonly WriteResult[]): string => {
  const tally = new Tally(replicas, need)
  for (const [index, result] of results.entries()) tally.note(`p${index}`, result)
  return tally.state.kind
}

describe('counting the answers to a write', () => {
  test('a quorum that holds it is enough', () => {
    expect(tallied(3, 2, [stored])).toBe('open')
    expect(tallied(3, 2, [stored, stored])).toBe('reached')
    expect(tallied(3, 2, [newer('never'), stored, { outcome: 'known' }])).toBe('reached')
  })

  test('one peer counts once', () => {
    const tally = new Tally(3, 2)
    tally.note('p', stored)
    tally.note('p', { outcome: 'known' })
    expect(tally.state.kind).toBe('open')
  })

  test('a stamp is given up only when no quorum can hold it or have held it', () => {
    expect(tallied(3, 2, [newer('never')])).toBe('open')
    expect(tallied(3, 2, [newer('never'), stored])).toBe('open')
    expect(tallied(3, 2, [newer('never'), newer('never')])).toBe('restamp')
    expect(tallied(3, 2, [newer('never'), newer('unknown')])).toBe('open')
    expect(tallied(2, 2, [newer('never')])).toBe('restamp')
    expect(tallied(5, 3, [newer('never'), newer('never')])).toBe('open')
    expect(tallied(5, 3, [newer('never'), newer('never'), newer('never')])).toBe('restamp')
  })

  test('a replica that held it before a newer one came counts as one that holds it', () => {
    expect(tallied(3, 2, [stored, newer('before')])).toBe('reached')
  })

  test('once it is chosen, level all is reached with replicas that moved on', () => {
    expect(tallied(3, 3, [stored, stored])).toBe('open')
    expect(tallied(3, 3, [stored, stored, newer('never')])).toBe('reached')
  })

  test('the next stamp goes above the newest that refused', () => {
    const tally = new Tally(3, 2)
    tally.note('a', newer('never', 20))
    tally.note('b', newer('never', 10))
    expect(tally.state).toEqual({ kind: 'restamp', above: at(20) })
  })
})

describe('versions that were replaced', () => {
  test('are remembered, up to a bound that is admitted', () => {
    const superseded = new Superseded(2)
    superseded.note('k', at(1))
    superseded.note('k', at(2))
    expect(superseded.held('k', at(1), at(9))).toBe('before')
    expect(superseded.held('other', at(1), at(9))).toBe('never')
    superseded.note('k', at(3))
    expect(superseded.held('k', at(1), at(9))).toBe('unknown')
    expect(superseded.held('k', at(2), at(9))).toBe('before')
    expect(superseded.held('k', at(4), at(9))).toBe('never')
  })

  test('forgets the oldest, one for each that is new', () => {
    const superseded = new Superseded(3)
    for (let wallMs = 1; wallMs <= 50; wallMs++) {
      superseded.note('k', at(wallMs))
      if (wallMs <= 3) continue
      const known = [-3, -2, 0].map((back) => superseded.held('k', at(wallMs + back), at(99)))
      expect(known).toEqual(['unknown', 'before', 'before'])
    }
  })

  test('of an earlier process nothing is known', () => {
    const superseded = new Superseded(2)
    superseded.forgetUntil(100)
    expect(superseded.held('k', at(100), at(200))).toBe('unknown')
    expect(superseded.held('k', at(101), at(200))).toBe('never')
  })
})
