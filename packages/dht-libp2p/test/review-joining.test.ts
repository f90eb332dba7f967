import { describe, expect, jest, test } from '@jest/globals'
import { fromUtf8, ManualClock, seededRandom, utf8 } from '@bzzz/base'
import { MemoryStore } from '@bzzz/store'
import { Attester } from '../src/attester.js'
import { CatchUp } from '../src/catch-up.js'
import type { Client } from '../src/client.js'
import { viewOf } from '../src/view.js'
import type { Request } from '../src/wire/request.js'
import { signerOf } from './cluster.js'
import { keyOn, Lab } from './lab.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

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

describe('a newcomer whose clock is behind', () => {
  test.each([
    [0, true],
    [-300, false],
  ])('%i ms: counts only once it holds what it was handed', async (offsetMs, isTaken) => {
    const lab = await Lab.of(3, [400, 100, 100])
    const { key } = keyOn(
      4,
      (name) => lab.node(0).store.bucketOf(name),
      (replicas) => [0, 1, 3].every((index) => replicas.includes(index)),
    )
    lab.rule = (from, to, request) =>
      from === 0 && to !== 2 && request.kind === 'write' ? 'lost' : undefined
    const receipt = await lab.world.complete(lab.node(0).dht.put(key, utf8('v')))
    expect(receipt.outcome).toBe('acknowledged')
    const { dht, store } = await lab.add(3, { mustJoin }, offsetMs)
    await lab.world.runFor(100)
    expect([dht.isSettled, store.head(key) !== undefined]).toEqual([isTaken, isTaken])
    await lab.world.runUntil(() => dht.isSettled, 10_000)
    expect(store.head(key)).toBeDefined()
  })
})

describe('catching up with a peer', () => {
  test('ends when it hands over other records than it is asked for', async () => {
    const clock = new ManualClock()
    const [self, other] = [signerOf(0), signerOf(1)]
    const store = new MemoryStore({ writer: self.peerId, clock, random: seededRandom(1) })
    await store.start()
    const version = { wallMs: clock.nowMs(), counter: 0, writer: other.peerId }
    const record = { key: 'other', value: utf8('v'), deleted: false, version, opId: 'op' }
    const [signed] = new Attester(other).sign([record])
    let asked = 0
    const answerTo = (request: Request): unknown => {
      const digest = { count: 1, hash: new Uint8Array(16) }
      if (request.kind === 'fetch') {
        if (++asked > 3) throw new Error('asked again and again')
        return { kind: 'records', records: [signed] }
      }
      if (request.kind !== 'heads')
        return { kind: 'digests', digests: Array.from({ length: 256 }, () => digest) }
      return { kind: 'heads', heads: [{ key: 'wanted', version }], hasMore: false }
    }
    const catchUp = new CatchUp({
      store,
      client: {
        call: (_: string, request: Request) => Promise.resolve(request).then(answerTo),
      } as unknown as Client,
      attester: new Attester(self),
      replica: { store: (records: readonly unknown[]) => store.apply(records as never) } as never,
    })
    const bucket = store.bucketOf('wanted')
    await expect(catchUp.with(other.peerId, [bucket], false)).rejects.toThrow('does not hand over')
    expect(asked).toBe(1)
  })
})

describe('members that admit different peers', () => {
  test.each(['put', 'get'] as const)('are asked ever more rarely: %s', async (kind) => {
    const lab = new Lab()
    await lab.add(0)
    const first = lab.node(0)
    await lab.add(1, { admit: (peer) => peer === first.id })
    await lab.add(2)
    await lab.world.runFor(5000)
    let asked = 0
    lab.rule = (from, to) => {
      if (from === 0 && to === 1) asked++
      return from === 0 && to === 2 ? 'lost' : undefined
    }
    const options = { timeoutMs: 10_000 }
    const work =
      kind === 'put' ? first.dht.put('k', utf8('v'), options) : first.dht.get('k', options)
    const end = work.then((found) =>
      found !== undefined && 'outcome' in found ? found.outcome : '',
    )
    expect(await lab.outcome(end)).toBe(kind === 'put' ? 'pending' : 'DHT_UNAVAILABLE')
    expect(asked).toBeGreaterThan(5)
    expect(asked).toBeLessThan(150)
  })
})

describe('a peer that is not admitted', () => {
  test('is served nothing, and spreads no members', async () => {
    const lab = new Lab()
    const admitted = signerOf(1).peerId
    await lab.add(0, { admit: (peer) => peer === admitted })
    await lab.add(1)
    await lab.world.runUntil(() => lab.isSettled, 10_000)
    await lab.add(2)
    await lab.world.runFor(1000)
    const { dht } = lab.node(0)
    await lab.world.complete(dht.put('k', utf8('v')))
    const { hash: view } = viewOf(
      dht.members.map((id) => ({ id, storeId: '', sinceMs: 0, addresses: [] })),
    )
    const member = { id: signerOf(1).peerId, storeId: 'new', sinceMs: 2 ** 40, addresses: ['x'] }
    const clock = lab.world.clock
    const version = { wallMs: clock.nowMs(), counter: 9, writer: signerOf(2).peerId }
    const record = { key: 'l', value: utf8('w'), deleted: false, version, opId: 'op' }
    const records = new Attester(signerOf(2)).sign([record])
    const requests: Request[] = [
      { kind: 'exchange', state: { members: [member], pending: [] } },
      { kind: 'write', view, records },
      { kind: 'read', view, items: [{ key: 'k', wantsValue: true }] },
      { kind: 'fetch', keys: ['k'] },
      { kind: 'lock', view, key: 'k', opId: 'op', ttlMs: 1000 },
    ]
    for (const request of requests) {
      expect(await lab.outcome(lab.ask(0, request, 2))).toBe('DHT_UNAVAILABLE')
      expect(await lab.outcome(lab.ask(0, request, 1))).not.toBe('DHT_UNAVAILABLE')
    }
  })
})
