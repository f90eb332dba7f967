import { describe, expect, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { viewOf } from '../src/view.js'
import { keyOn, Lab } from './lab.js'

describe('a read at a quorum', () => {
  test('does not count a member that a newcomer displaced while the read waited', async () => {
    const lab = await Lab.of(3)
    const { key, replicas } = keyOn(
      4,
      (name) => lab.node(0).store.bucketOf(name),
      (found) => found.includes(3),
    )
    const displaced = [0, 1, 2].find((index) => !replicas.includes(index)) ?? -1
    const [writer = -1, reader = -1] = [0, 1, 2].filter((index) => index !== displaced)
    await lab.world.complete(lab.node(writer).dht.put(key, utf8('old'), { level: 'all' }))

    lab.rule = (from, to) => (from === reader || to === reader ? 'lost' : undefined)
    const newcomer = await lab.add(3, { mustJoin: () => true })
    await lab.world.runUntil(() => newcomer.dht.isSettled, 10_000)
    const receipt = await lab.world.complete(lab.node(writer).dht.put(key, utf8('new')))
    expect(receipt.outcome).toBe('acknowledged')
    expect(lab.node(reader).dht.members).toHaveLength(3)

    // The reader's request to the displaced member waits; the view comes with the writer's answer.
    let asked = 0
    lab.rule = (from, to, request) => {
      if (to === reader || to === 3) return 'lost'
      if (from !== reader || request.kind !== 'read') return undefined
      if (to === displaced) return asked++ === 0 ? 'refused' : undefined
      return lab.node(reader).dht.members.length === 4 ? 'lost' : undefined
    }
    const found = await lab.outcome(lab.node(reader).dht.get(key, { timeoutMs: 3000 }))
    expect(lab.node(reader).dht.members).toHaveLength(4)
    expect(asked).toBeGreaterThan(0)
    expect(typeof found === 'object' ? fromUtf8(found.value) : found).toBe('DHT_UNAVAILABLE')
  })
})

describe('a replica that is asked about a key of others', () => {
  test('neither counts for a read nor grants a lock', async () => {
    const lab = await Lab.of(4)
    const { key, replicas } = keyOn(
      4,
      (name) => lab.node(0).store.bucketOf(name),
      () => true,
    )
    const other = [0, 1, 2, 3].find((index) => !replicas.includes(index)) ?? -1
    const { hash } = viewOf(
      lab.nodes.map(({ id }) => ({ id, storeId: '', sinceMs: 0, addresses: [] })),
    )
    const answersOf = async (index: number): Promise<readonly unknown[]> => {
      const read = { kind: 'read', view: hash, items: [{ key, wantsValue: false }] } as const
      const lock = { kind: 'lock', view: hash, key, opId: `op ${index}`, ttlMs: 10 } as const
      const [a, b] = [await lab.ask(index, read), await lab.ask(index, lock)]
      return ['isCounted' in a && a.isCounted, b.kind === 'lock' && b.isGranted]
    }
    expect(await answersOf(other)).toEqual([false, false])
    for (const index of replicas) expect(await answersOf(index)).toEqual([true, true])
  })
})
