import { describe, expect, jest, test } from '@jest/globals'
import { ManualClock, seededRandom, utf8 } from '@bzzz/base'
import { World } from '@bzzz/sim'
import type { Store } from '@bzzz/store'
import { Upkeep } from '../src/upkeep.js'
import { Lab } from './lab.js'
import { Mesh, type Site } from './mesh.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

const WRITES = 1000

/** A mesh whose members have met, on virtual time. */
const meshOf = async (count: number): Promise<Mesh> => {
  const mesh = new Mesh({ world: new World({ seed: count }) })
  for (let i = 0; i < count; i++) {
    const site = mesh.add()
    await mesh.world.complete(mesh.boot(site))
  }
  await mesh.world.runUntil(() => mesh.isSettled, 30_000)
  return mesh
}

const keyOf = (n: number): string => `key ${n}`

const writeAll = async (mesh: Mesh, writer: Site, value: string): Promise<void> => {
  const { dht } = mesh.processOf(writer)
  for (let from = 0; from < WRITES; from += 100) {
    const puts = Array.from({ length: 100 }, (_, n) => dht.put(keyOf(from + n), utf8(value)))
    for (const receipt of await mesh.world.complete(Promise.all(puts)))
      expect(receipt.outcome).toBe('acknowledged')
  }
}

/** The replicas of each key that run, and their stores. */
const replicasOf = (mesh: Mesh): (readonly [string, Store])[] =>
  Array.from({ length: WRITES }, (_, n) => keyOf(n)).flatMap((key) =>
    mesh.running.filter(({ dht }) => dht.isReplica(key)).map(({ store }) => [key, store] as const),
  )

const siteOf = (mesh: Mesh, index: number): Site => {
  const site = mesh.sites[index]
  if (site === undefined) throw new Error(`no site ${index}`)
  return site
}

describe.each([3, 5])('one of %i members is dead', (count) => {
  test.each(['its disk', 'an empty disk'])(
    'nothing stays dirty, and it gets all when it returns with %s',
    async (disk) => {
      const mesh = await meshOf(count)
      const [writer, dead] = [siteOf(mesh, 0), siteOf(mesh, count - 1)]
      mesh.crash(dead)
      await writeAll(mesh, writer, 'v')
      const { store } = mesh.processOf(writer)
      await mesh.world.runUntil(() => store.dirtyBytes === 0, 5000)
      expect(Array.from(store.dirtyKeys())).toEqual([])

      if (disk === 'an empty disk') await mesh.world.complete(mesh.wipe(dead))
      await mesh.world.complete(mesh.boot(dead, true))
      await mesh.world.runUntil(() => mesh.isSettled, 20_000)
      const expected = replicasOf(mesh)
      const hasAll = (): boolean => expected.every(([key, at]) => at.head(key) !== undefined)
      await mesh.world.runUntil(hasAll, 20_000)
    },
  )
})

describe('a writer that is no replica', () => {
  test('leaves what a dead replica lacks to those that hold it', async () => {
    const mesh = await meshOf(5)
    const [writer, dead] = [siteOf(mesh, 0), siteOf(mesh, 4)]
    const { dht, store } = mesh.processOf(writer)
    const { peerId } = mesh.processOf(dead).dht
    const isAt = async (key: string): Promise<boolean> =>
      (await dht.closestPeers(key)).some((replica) => replica.peerId === peerId)
    let key = ''
    for (let n = 0; key === ''; n++)
      if (!dht.isReplica(keyOf(n)) && (await isAt(keyOf(n)))) key = keyOf(n)
    mesh.crash(dead)
    await mesh.world.complete(dht.put(key, utf8('v')))
    await mesh.world.runUntil(() => !store.isDirty(key), 5000)
    mesh.crash(writer)
    await mesh.world.complete(mesh.boot(dead))
    const back = mesh.processOf(dead).store
    await mesh.world.runUntil(() => back.head(key) !== undefined, 20_000)
    expect(back.isDirty(key)).toBe(false)
  })
})

describe('a write stays dirty', () => {
  test.each(['local', 'quorum'] as const)('while no quorum keeps it: %s', async (level) => {
    const mesh = await meshOf(3)
    const [writer, one, two] = [siteOf(mesh, 0), siteOf(mesh, 1), siteOf(mesh, 2)]
    const { dht, store } = mesh.processOf(writer)
    mesh.crash(one)
    mesh.crash(two)
    const receipt = await mesh.world.complete(dht.put('k', utf8('v'), { level }))
    expect(receipt.outcome).toBe(level === 'local' ? 'acknowledged' : 'pending')
    await mesh.world.runFor(5000)
    expect(store.isDirty('k')).toBe(true)
    await mesh.world.complete(mesh.boot(one))
    await mesh.world.runUntil(() => !store.isDirty('k'), 10_000)
  })

  test('while a replica is there and does not take it', async () => {
    const lab = await Lab.of(3)
    const { dht, store } = lab.node(0)
    lab.rule = (_, to, request) => (request.kind === 'write' && to === 2 ? 'lost' : undefined)
    const receipt = await lab.world.complete(dht.put('k', utf8('v')))
    expect(receipt.outcome).toBe('acknowledged')
    await lab.world.runFor(5000)
    expect(store.isDirty('k')).toBe(true)
    lab.rule = () => undefined
    await lab.world.runUntil(() => !store.isDirty('k'), 10_000)
  })

  test('until a replica that does not take it is found to be away', async () => {
    const lab = await Lab.of(3)
    const { dht, store } = lab.node(0)
    lab.rule = (_, to, request) => (request.kind === 'write' && to === 2 ? 'lost' : undefined)
    await lab.world.complete(dht.put('k', utf8('v')))
    expect(store.isDirty('k')).toBe(true)
    lab.network.crash(lab.node(2).id)
    await lab.world.runUntil(() => !store.isDirty('k'), 10_000)
  })

  test('while a quorum keeps it less safely than this node does', async () => {
    const lab = await Lab.of(3)
    const { dht, store } = lab.node(0)
    Object.defineProperty(store, 'durability', { value: 'disk' })
    lab.network.crash(lab.node(2).id)
    await lab.world.runFor(2000)
    const receipt = await lab.world.complete(dht.put('k', utf8('v')))
    expect([receipt.outcome, receipt.durability]).toEqual(['acknowledged', 'memory'])
    await lab.world.runFor(5000)
    expect(store.isDirty('k')).toBe(true)
  })

  test('while one more refusal may be what it takes to stamp it anew', async () => {
    const lab = new Lab()
    for (let index = 0; index < 5; index++)
      await lab.add(index, { replicas: 5 }, index === 1 ? 300 : 0)
    await lab.world.runUntil(() => lab.isSettled, 10_000)
    // For the permitted skew after joining, replicas cannot tell what they never held.
    await lab.world.runFor(2000)
    lab.rule = (from, to, request) =>
      request.kind === 'write' && from === 1 && (to === 0 || to === 4) ? 'lost' : undefined
    await lab.world.complete(lab.node(1).dht.put('k', utf8('stamped ahead')))
    for (const index of [3, 4]) lab.network.isolate(lab.node(index).id)
    const receipt = await lab.world.complete(lab.node(0).dht.put('k', utf8('later')))
    expect(receipt.outcome).toBe('pending')
    await lab.world.runFor(5000)
    expect(lab.node(0).store.isDirty('k')).toBe(true)
    lab.network.heal()
    const { store } = lab.node(2)
    await lab.world.runUntil(() => store.head('k')?.version.writer === lab.node(0).id, 10_000)
  })
})

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('a peer that returns while it is being compared with', () => {
  test('is compared with once more', async () => {
    const ends: (() => void)[] = []
    const clock = new ManualClock()
    const upkeep = new Upkeep({
      self: 'self',
      membership: {
        exchange: () => Promise.resolve(),
        isCounted: true,
        placement: { bucketsOf: () => [1], isReplica: () => true },
      } as never,
      catchUp: { with: () => new Promise<void>((resolve) => void ends.push(resolve)) } as never,
      states: {} as never,
      writes: {} as never,
      clock,
      random: seededRandom(1),
      compareEveryMs: 1000,
    })
    const met = upkeep.meet('peer')
    await turns()
    // What was written between these two is in neither part that was compared already.
    await Promise.all([upkeep.meet('peer'), upkeep.meet('peer')])
    expect(ends).toHaveLength(1)
    ends[0]?.()
    await turns()
    expect(ends).toHaveLength(2)
    ends[1]?.()
    await met
    expect(ends).toHaveLength(2)
  })
})
