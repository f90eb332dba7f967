import { describe, expect, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { Lab } from './lab.js'

const mustJoin = (): boolean => true

const isBetween = (from: number, to: number, one: number, two: number): boolean =>
  (from === one && to === two) || (from === two && to === one)

describe('a node that lost its disk', () => {
  test.each([false, true])(
    'learns of it though the first answer to it is lost: %s',
    async (isLost) => {
      const lab = await Lab.of(3)
      const [a, b, c] = [0, 1, 2]
      lab.rule = (from, to, request) =>
        from === a || (to === a && request.kind === 'write') ? 'lost' : undefined
      const receipt = await lab.world.complete(lab.node(c).dht.put('k', utf8('v')))
      expect(receipt.outcome).toBe('acknowledged')
      expect(lab.node(a).store.head('k')).toBeUndefined()

      lab.network.isolate(lab.node(c).id)
      lab.network.crash(lab.node(b).id)
      let answersLost = 0
      lab.rule = (from, to, request) => {
        if (!isLost || request.kind !== 'exchange') return undefined
        if (from === b && to === a) return answersLost++ === 0 ? 'answer lost' : undefined
        return from === a && to === b && answersLost <= 1 ? 'lost' : undefined
      }
      await lab.add(b, { mustJoin, compareEveryMs: 500 })
      await lab.world.runFor(5000)
      expect(answersLost > 1).toBe(isLost)
      // The one other member that is there never held the record: it cannot speak for the quorum.
      expect(lab.node(b).dht.isSettled).toBe(false)
      expect(await lab.outcome(lab.node(b).dht.get('k'))).toBe('DHT_UNAVAILABLE')

      lab.network.heal()
      await lab.world.runUntil(() => lab.isSettled, 10_000)
      const found = await lab.outcome(lab.node(b).dht.get('k'))
      expect(typeof found === 'object' ? fromUtf8(found.value) : found).toBe('v')
    },
  )
})

describe('a newcomer', () => {
  test('takes no word on old quorums from a member that has yet to learn that it lost its disk', async () => {
    const lab = await Lab.of(3)
    const [lost, other, away, newcomer] = [0, 1, 2, 3]
    lab.rule = (_, to, request) => (request.kind === 'write' && to === other ? 'lost' : undefined)
    const receipt = await lab.world.complete(lab.node(away).dht.put('k', utf8('v')))
    expect(receipt.outcome).toBe('acknowledged')
    expect(lab.node(other).store.head('k')).toBeUndefined()

    lab.network.crash(lab.node(lost).id)
    // It lost its view as well, and meets nobody but the newcomer, who hears of the rest a little later.
    let isHeard = false
    lab.rule = (from, to, request) => {
      if (from === away || to === away || isBetween(from, to, lost, other)) return 'lost'
      if (from === newcomer && to === lost && request.kind === 'groups')
        return isHeard ? undefined : 'late'
      if (!isBetween(from, to, newcomer, other)) return undefined
      isHeard = lab.nodes[newcomer]?.dht.members.includes(lab.node(lost).id) ?? false
      return isHeard ? undefined : 'refused'
    }
    await lab.add(lost, { mustJoin })
    const { dht } = await lab.add(newcomer, { mustJoin, compareEveryMs: 20 })
    await lab.world.runFor(2000)
    expect(isHeard).toBe(true)
    expect(dht.members).toHaveLength(4)
    expect(dht.isSettled).toBe(false)

    lab.rule = () => undefined
    await lab.world.runUntil(() => lab.isSettled, 10_000)
  })
})
