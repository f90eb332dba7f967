import { describe, expect, jest, test } from '@jest/globals'
import { compareVersions, fromUtf8, utf8 } from '@bzzz/base'
import type { Libp2pDHT } from '../src/index.js'
import { signerOf } from './cluster.js'
import { keyOn, Lab } from './lab.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `key ${n}`)

const putAll = async (lab: Lab, index: number, keys: readonly string[]): Promise<void> => {
  const { dht } = lab.node(index)
  const puts = keys.map((key) => dht.put(key, utf8(`value of ${key}`)))
  for (const { outcome } of await lab.world.complete(Promise.all(puts)))
    expect(outcome).toBe('acknowledged')
}

/** Loses every write that is sent to the node. */
const losingWritesTo =
  (index: number): Lab['rule'] =>
  (_, to, request) =>
    request.kind === 'write' && to === index ? 'lost' : undefined

const calm = (): undefined => undefined

describe('reach', () => {
  test('is there while a quorum of the members is connected', async () => {
    const lab = await Lab.of(3)
    const { reach } = lab.node(0).dht
    let changes = 0
    const stop = reach.onChange(() => changes++)
    expect(reach.hasQuorum).toBe(true)
    lab.network.crash(lab.node(1).id)
    await lab.world.runUntil(() => changes > 0, 5000)
    expect(reach.hasQuorum).toBe(true)
    lab.network.crash(lab.node(2).id)
    await lab.world.runUntil(() => !reach.hasQuorum, 5000)
    stop()
    const before = changes
    await lab.add(1)
    await lab.world.runUntil(() => reach.hasQuorum, 5000)
    expect(changes).toBe(before)
  })

  test('is told for each key from its own replicas', async () => {
    const lab = await Lab.of(5)
    const { dht } = lab.node(0)
    const keys = keysOf(200)
    expect(keys.every((key) => dht.reach.canReach(key))).toBe(true)
    const isTrue = async (key: string): Promise<boolean> => {
      const replicas = await dht.closestPeers(key)
      return replicas.filter(({ state }) => state === 'connected').length >= 2
    }
    const told = async (): Promise<boolean[]> => {
      const reachable = keys.map((key) => dht.reach.canReach(key))
      expect(reachable).toEqual(await Promise.all(keys.map(isTrue)))
      return reachable
    }
    lab.network.crash(lab.node(1).id)
    await lab.world.runFor(2000)
    expect(new Set(await told())).toEqual(new Set([true]))
    lab.network.crash(lab.node(2).id)
    await lab.world.runFor(2000)
    expect(new Set(await told())).toEqual(new Set([true, false]))
    expect(dht.reach.hasQuorum).toBe(true)
    await lab.add(1)
    await lab.world.runFor(2000)
    expect(new Set(await told())).toEqual(new Set([true]))
  })

  test('of a node alone: its own, unless it is meant to join others', async () => {
    let mustJoin = true
    const lab = new Lab()
    const { dht } = await lab.add(0, { mustJoin: () => mustJoin })
    const all = (): boolean[] => [dht.reach.hasQuorum, dht.reach.canReach('k'), dht.isAlone()]
    expect(all()).toEqual([false, false, false])
    mustJoin = false
    expect(all()).toEqual([true, true, true])
    await lab.add(1)
    await lab.world.runUntil(() => lab.isSettled, 5000)
    lab.network.crash(lab.node(1).id)
    await lab.world.runUntil(() => !dht.reach.hasQuorum, 5000)
    expect(all()).toEqual([false, false, false])
  })

  test('is gone when the node has stopped', async () => {
    const lab = await Lab.of(3)
    const { dht } = lab.node(0)
    await lab.world.complete(dht.stop())
    expect([dht.reach.hasQuorum, dht.reach.canReach('k')]).toEqual([false, false])
  })
})

const headOf = (lab: Lab, index: number, key: string): string =>
  JSON.stringify(lab.node(index).store.head(key)?.version)

describe('confirm', () => {
  test('sends what a replica lacks, and is true once a quorum holds all', async () => {
    const lab = await Lab.of(3)
    const keys = keysOf(3000)
    const { dht, store } = lab.node(0)
    // Nobody else would send them: they are marked as if all replicas had them.
    const appends = keys.map((key) => store.append({ key, value: utf8('v') }, { opId: key }))
    await lab.world.complete(Promise.all(appends.map(({ committed }) => committed)))
    store.markClean(appends.map(({ record }) => record))
    lab.rule = (_, __, request) => (request.kind === 'write' ? 'lost' : undefined)
    expect(await lab.outcome(dht.confirm(keys))).toBe(false)
    lab.rule = calm
    expect(await lab.outcome(dht.confirm(keys))).toBe(true)
    for (const key of keys) expect(headOf(lab, 1, key)).toBe(headOf(lab, 0, key))
  })

  test('fetches what is newer elsewhere, of the keys that it holds', async () => {
    const lab = await Lab.of(3)
    await putAll(lab, 0, ['held'])
    lab.rule = losingWritesTo(2)
    await putAll(lab, 0, ['held', 'not held'])
    const { dht, store } = lab.node(2)
    expect(headOf(lab, 2, 'held')).not.toBe(headOf(lab, 0, 'held'))
    expect(await lab.outcome(dht.confirm(['held', 'not held', 'nowhere']))).toBe(true)
    expect(headOf(lab, 2, 'held')).toBe(headOf(lab, 0, 'held'))
    expect(store.head('not held')).toBeUndefined()
  })

  test('of a node that is no replica: brings it no record of others', async () => {
    const lab = await Lab.of(5)
    const bucketOf = (key: string): number => lab.node(0).store.bucketOf(key)
    const { key } = keyOn(5, bucketOf, (replicas) => !replicas.includes(0))
    await putAll(lab, 1, keysOf(500))
    await putAll(lab, 0, [key])
    await lab.world.runFor(3000)
    const { size } = lab.node(0).store
    expect(await lab.outcome(lab.node(0).dht.confirm([key]))).toBe(true)
    expect(lab.node(0).store.size).toBe(size)
  })

  test('rejects when too few answer, or the caller gives up', async () => {
    const lab = await Lab.of(3)
    await putAll(lab, 0, ['k'])
    const { dht } = lab.node(0)
    lab.network.crash(lab.node(1).id)
    await lab.world.runFor(2000)
    expect(await lab.outcome(dht.confirm(['k']))).toBe(true)
    lab.network.crash(lab.node(2).id)
    expect(await lab.outcome(dht.confirm(['k']))).toBe('DHT_UNAVAILABLE')
    const controller = new AbortController()
    const outcome = dht.confirm(['k'], { signal: controller.signal })
    controller.abort()
    expect(await lab.outcome(outcome)).toBe('ABORTED')
    expect(await lab.outcome(dht.confirm([], { signal: controller.signal }))).toBe('ABORTED')
  })

  test('does not count a peer that is catching up', async () => {
    const lab = await Lab.of(3)
    const bucketOf = (key: string): number => lab.node(0).store.bucketOf(key)
    const { key } = keyOn(4, bucketOf, (on) => [0, 2, 3].every((index) => on.includes(index)))
    await putAll(lab, 0, [key])
    lab.rule = (from, _, request) => (from === 3 && request.kind === 'groups' ? 'lost' : undefined)
    await lab.add(3, { mustJoin: () => true })
    await lab.world.runFor(2000)
    const { dht } = lab.node(0)
    expect(await lab.outcome(dht.confirm([key]))).toBe(true)
    lab.network.crash(lab.node(2).id)
    await lab.world.runFor(2000)
    expect(await lab.outcome(dht.confirm([key]))).toBe('DHT_UNAVAILABLE')
  })

  test('goes on under the view that the peers have', async () => {
    const lab = await Lab.of(3)
    await putAll(lab, 0, keysOf(50))
    // The others learn of a fourth member; this node is told only when it asks.
    lab.rule = (from, to, request) =>
      request.kind === 'exchange' && (to === 0 || (from === 0 && to === 3)) ? 'lost' : undefined
    await lab.add(3, { mustJoin: () => true })
    await lab.world.runUntil(() => lab.node(1).dht.members.length === 4, 5000)
    const { dht } = lab.node(0)
    expect(await lab.outcome(dht.confirm(keysOf(50)))).toBe(true)
    expect(dht.members).toHaveLength(4)
  })
})

const isNewest = (lab: Lab, index: number, keys: readonly string[]): boolean =>
  keys.every((key) => {
    const mine = lab.node(index).store.head(key)
    return lab.nodes.every(({ store }) => {
      const other = store.head(key)
      return (
        other === undefined ||
        (mine !== undefined && compareVersions(mine.version, other.version) >= 0)
      )
    })
  })

const copy = (
  dht: Libp2pDHT,
): { readonly copied: Promise<string>; readonly told: [number, number, number][] } => {
  const told: [number, number, number][] = []
  const copied = dht
    .copyAll({ onProgress: ({ done, total, fetched }) => told.push([done, total, fetched]) })
    .then(() => 'copied')
  return { copied, told }
}

describe('copyAll', () => {
  test('misses nothing that a quorum acknowledged, whichever replica lacks it', async () => {
    const lab = await Lab.of(5)
    const keys = keysOf(400)
    // Each of the others misses a part of the writes.
    for (const lacking of [1, 2, 3, 4]) {
      lab.rule = losingWritesTo(lacking)
      await putAll(
        lab,
        lacking % 4 === 0 ? 1 : lacking + 1,
        keys.filter((_, n) => n % 4 === lacking % 4),
      )
    }
    const { dht, store } = lab.node(0)
    expect(store.size).toBeLessThan(keys.length)
    const { copied, told } = copy(dht)
    expect(await lab.outcome(copied)).toBe('copied')
    expect(store.size).toBe(keys.length)
    expect(isNewest(lab, 0, keys)).toBe(true)
    expect(told.at(-1)?.slice(0, 2)).toEqual([4096, 4096])
    const done = told.map(([value]) => value)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(told.at(-1)?.[2]).toBeGreaterThan(0)
    const record = await lab.world.complete(Promise.resolve(store.read('key 7')))
    expect(fromUtf8(record?.value ?? utf8(''))).toBe('value of key 7')
  })

  test('goes on without the minority of a range, and names how many ranges lack a quorum', async () => {
    const lab = await Lab.of(5)
    await putAll(lab, 1, keysOf(100))
    const { dht, store } = lab.node(0)
    lab.network.crash(lab.node(1).id)
    await lab.world.runFor(2000)
    expect(await lab.outcome(copy(dht).copied)).toBe('copied')
    expect(store.size).toBe(100)
    lab.network.crash(lab.node(2).id)
    await lab.world.runFor(2000)
    const { copied, told } = copy(dht)
    const failed = await lab.world.complete(copied.catch((error: unknown) => error))
    const done = told.at(-1)?.[0] ?? 0
    expect(done).toBeGreaterThan(0)
    expect(failed).toMatchObject({
      code: 'DHT_UNAVAILABLE',
      details: { missing: 4096 - done, total: 4096 },
    })
  })

  test('a peer that fails half-way is replaced', async () => {
    const lab = await Lab.of(5)
    await putAll(lab, 1, keysOf(400))
    lab.rule = (from, to, request) =>
      from === 0 && to === 2 && request.kind === 'heads' ? 'lost' : undefined
    expect(await lab.outcome(copy(lab.node(0).dht).copied)).toBe('copied')
    expect(lab.node(0).store.size).toBe(400)
  })

  test('does not count a peer that is catching up itself', async () => {
    const lab = await Lab.of(3)
    await putAll(lab, 1, keysOf(50))
    lab.rule = (from, _, request) => (from === 3 && request.kind === 'groups' ? 'lost' : undefined)
    await lab.add(3, { mustJoin: () => true })
    await lab.world.runFor(2000)
    expect(lab.node(3).dht.isSettled).toBe(false)
    const { dht } = lab.node(0)
    expect(await lab.outcome(copy(dht).copied)).toBe('copied')
    lab.network.crash(lab.node(2).id)
    await lab.world.runFor(2000)
    // Of ranges on the newcomer, on the crashed node and one other, only that one other counts.
    expect(await lab.outcome(copy(dht).copied)).toBe('DHT_UNAVAILABLE')
  })

  test('begins anew when a member joins meanwhile', async () => {
    const lab = await Lab.of(3)
    await putAll(lab, 1, keysOf(100))
    const { dht, store } = lab.node(0)
    lab.rule = (from, _, request) => (from === 0 && request.kind === 'buckets' ? 'late' : undefined)
    // Something to find in every range, so that a pass takes a while.
    store.digest = () => ({ count: 1, hash: new Uint8Array(16) })
    const { copied, told } = copy(dht)
    await lab.world.runFor(300)
    await lab.add(3, { mustJoin: () => true })
    expect(await lab.outcome(copied)).toBe('copied')
    expect(dht.members).toHaveLength(4)
    const done = told.map(([value]) => value)
    expect(done).not.toEqual(done.toSorted((a, b) => a - b))
    expect(done.at(-1)).toBe(4096)
  })

  test('waits for its clock where records are stamped ahead of it', async () => {
    const lab = await Lab.of(3, [400, 100, 100])
    const bucketOf = (key: string): number => lab.node(0).store.bucketOf(key)
    const { key } = keyOn(4, bucketOf, (replicas) => !replicas.includes(3))
    await lab.add(3, { mustJoin: () => true }, -600)
    await lab.world.runUntil(() => lab.isSettled, 10_000)
    await putAll(lab, 0, [key])
    const { dht, store } = lab.node(3)
    expect(await lab.outcome(copy(dht).copied)).toBe('copied')
    expect(store.head(key)).toBeDefined()
  })

  test('ends when its caller gives up', async () => {
    const lab = await Lab.of(3)
    const { dht } = lab.node(0)
    const controller = new AbortController()
    const copied = dht.copyAll({ signal: controller.signal })
    controller.abort()
    expect(await lab.outcome(copied)).toBe('ABORTED')
    expect(await lab.outcome(dht.copyAll({ signal: controller.signal }))).toBe('ABORTED')
    await lab.world.complete(dht.stop())
    expect(await lab.outcome(dht.copyAll())).toBe('NOT_STARTED')
  })
})

describe('a store that is marked dirty at the start', () => {
  test.each([true, false])('is sent on by the node itself: %s', async (pumpsDirty) => {
    const lab = new Lab()
    await lab.add(1)
    await lab.add(0, { pumpsDirty })
    await lab.world.runUntil(() => lab.isSettled, 5000)
    const key = 'k'
    const { dht, store } = lab.node(0)
    await lab.world.complete(dht.stop())
    const append = store.append({ key, value: utf8('v') }, { opId: 'op' })
    await lab.world.complete(append.committed)
    // The comparison of two replicas that meet would bring it over as well.
    lab.rule = (_, __, request) => (request.kind === 'groups' ? 'lost' : undefined)
    const next = lab.node(0).remake()
    await lab.world.complete(next.start())
    await lab.world.runFor(5000)
    expect([lab.node(1).store.head(key) !== undefined, store.isDirty(key)]).toEqual([
      pumpsDirty,
      !pumpsDirty,
    ])
    const written = await lab.world.complete(next.put('other', utf8('v')))
    expect(written.heldBy).toContain(signerOf(1).peerId)
  })
})
