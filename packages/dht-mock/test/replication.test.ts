import { expect, jest, test } from '@jest/globals'
import { compareVersions, delay, fromUtf8, newOperationId, utf8, type Version } from '@bzzz/base'
import { World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import { createMockNetwork, type MockNetwork } from '../src/mock-network.js'
import { digestOf } from './support.js'

// Simulated time; the real one is only what a busy machine takes.
jest.setTimeout(60_000)

const started = async (world: World, count = 3, roundTripMs = 2): Promise<MockNetwork> => {
  const network = createMockNetwork({
    ground: world,
    count,
    roundTripMs,
    link: { latencyMaxMs: roundTripMs * 2 },
    createStore: ({ peerId, clock, random }) => new MemoryStore({ writer: peerId, clock, random }),
  })
  await network.start()
  return network
}

const nodesOf = (network: MockNetwork) => {
  const [a, b, c] = network.nodes
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes needed')
  return { a, b, c }
}

const KEY = 'k'

const inWorld = async (seed: number, body: (world: World) => Promise<void>): Promise<void> => {
  const world = new World({ seed })
  await world.complete(body(world), 600_000)
}

test('what a read has returned is on a quorum: the only other holder may die', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { b, c } = nodesOf(network)
    const opId = newOperationId(world.random)
    await network.storeOf(0).append({ key: KEY, value: utf8('lone') }, { opId }).committed
    network.isolate(2)
    expect(fromUtf8((await b.get(KEY))?.value ?? utf8('nothing'))).toBe('lone')
    network.crash(0)
    network.heal()
    expect(fromUtf8((await c.get(KEY))?.value ?? utf8('nothing'))).toBe('lone')
  })
})

test('a node that missed a write gets it from a third one, with nobody reading', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a } = nodesOf(network)
    network.isolate(2)
    const { version } = await a.put(KEY, utf8('missed'))
    network.crash(0)
    await delay(world.clock, 500)
    network.heal()
    await network.settle()
    expect(network.storeOf(2).head(KEY)?.version).toEqual(version)
  })
})

test('a key is dirty until a quorum holds it', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a } = nodesOf(network)
    network.isolate(0)
    await a.put(KEY, utf8('x'), { timeoutMs: 1000 })
    expect(network.storeOf(0).isDirty(KEY)).toBe(true)
    network.heal()
    await network.settle()
    expect(network.storeOf(0).isDirty(KEY)).toBe(false)
    expect(network.storeOf(0).dirtyBytes).toBe(0)
  })
})

test('a replica that is away keeps no key dirty, and gets what it missed when it returns', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a } = nodesOf(network)
    await delay(world.clock, 10)
    network.isolate(2)
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
    await Promise.all(keys.map((key) => a.put(key, utf8('x'))))
    await delay(world.clock, 1000)
    expect(network.storeOf(0).dirtyBytes).toBe(0)
    expect(network.storeOf(2).size).toBe(0)
    network.heal()
    await network.settle()
    expect(digestOf(network.storeOf(2))).toBe(digestOf(network.storeOf(0)))
  })
})

test('a pending operation that lost to a later write takes effect when it is retried', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a, b } = nodesOf(network)
    const options = { opId: 'the-operation', timeoutMs: 200 }
    network.isolate(0)
    const first = await a.put(KEY, utf8('mine'), options)
    await b.put(KEY, utf8('theirs'))
    network.heal()
    await network.settle()
    expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('theirs')
    const retried = await a.put(KEY, utf8('mine'), options)
    expect([first.outcome, retried.outcome]).toEqual(['pending', 'acknowledged'])
    expect(compareVersions(retried.version, first.version)).toBeGreaterThan(0)
    expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('mine')
  })
})

test('a lock that its holder left behind ends with its lease', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a, b } = nodesOf(network)
    const dying = a.put(KEY, utf8('never'), { expectedVersion: null })
    dying.catch(() => {})
    await delay(world.clock, 2.5)
    network.crash(0)
    const startMs = world.nowMs
    const receipt = await b.put(KEY, utf8('later'), { timeoutMs: 5000 })
    expect(receipt.outcome).toBe('acknowledged')
    expect(world.nowMs - startMs).toBeLessThan(2000)
  })
})

interface Seen {
  readonly version: Version
  /** Of conditional writes. */
  readonly expected?: Version | null
}

/** Plain and conditional writes of one key at once, from every node. */
const contend = async (world: World, network: MockNetwork, rounds: number): Promise<Seen[]> => {
  const seen: Seen[] = []
  const random = world.stream('clients')
  const put = async (index: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      await delay(world.clock, random.next() * 40)
      const receipt = await network.nodes[index]?.put(KEY, utf8(`put ${index}.${round}`))
      if (receipt?.outcome === 'acknowledged') seen.push(receipt)
    }
  }
  const swap = async (index: number): Promise<void> => {
    for (let round = 0; round < rounds * 2; round++) {
      await delay(world.clock, random.next() * 20)
      const node = network.nodes[index]
      const expected = (await node?.get(KEY))?.version ?? null
      // A write may be read at a stamp that it leaves for a later one before it is acknowledged.
      if (expected !== null) seen.push({ version: expected })
      const receipt = await node
        ?.put(KEY, utf8(`swap ${index}.${round}`), { expectedVersion: expected })
        .catch(() => undefined)
      if (receipt?.outcome === 'acknowledged') seen.push({ version: receipt.version, expected })
    }
  }
  await Promise.all(network.nodes.flatMap((_, index) => [put(index), swap(index)]))
  const distinct = new Map(seen.map((one) => [JSON.stringify(one.version), one]))
  for (const one of seen)
    if (one.expected !== undefined) distinct.set(JSON.stringify(one.version), one)
  return [...distinct.values()].toSorted((x, y) => compareVersions(x.version, y.version))
}

test('a conditional write stands directly on the version that it expected', async () => {
  let swaps = 0
  for (let seed = 1; seed <= 12; seed++)
    await inWorld(seed, async (world) => {
      const network = await started(world, 3, 10)
      const seen = await contend(world, network, 10)
      for (const [at, { version, expected }] of seen.entries()) {
        if (expected === undefined) continue
        swaps++
        const before = seen[at - 1]?.version ?? null
        if (JSON.stringify(before) !== JSON.stringify(expected))
          throw new Error(
            `seed ${seed}: ${JSON.stringify(version)} expected ${JSON.stringify(expected)}, ` +
              `and overwrote ${JSON.stringify(before)}`,
          )
      }
    })
  expect(swaps).toBeGreaterThan(50)
})

test('what a crash left on one node only is sent when it is back, and clean then', async () => {
  await inWorld(1, async (world) => {
    const stores = new Map<string, MemoryStore>()
    const network = createMockNetwork({
      ground: world,
      count: 3,
      // As a disk does, the store outlives its process.
      createStore: ({ peerId, clock, random }) => {
        const store = stores.get(peerId) ?? new MemoryStore({ writer: peerId, clock, random })
        stores.set(peerId, store)
        return store
      },
    })
    await network.start()
    network.isolate(0)
    const receipt = await network.nodes[0]?.put(KEY, utf8('left'), { timeoutMs: 100 })
    expect(receipt?.outcome).toBe('pending')
    network.crash(0)
    network.heal()
    await network.restart(0)
    await network.settle()
    for (const index of [0, 1, 2])
      expect(network.storeOf(index).head(KEY)?.version).toEqual(receipt?.version)
    expect(network.storeOf(0).isDirty(KEY)).toBe(false)
  })
})

test('a conditional write that a replica refuses is not counted as held there', async () => {
  await inWorld(1, async (world) => {
    const network = createMockNetwork({
      ground: world,
      count: 3,
      clockOffsetMs: (peerId) => (peerId === 'node-3' ? 300 : 0),
      createStore: ({ peerId, clock, random }) =>
        new MemoryStore({ writer: peerId, clock, random }),
    })
    await network.start()
    const { a } = nodesOf(network)
    const opId = newOperationId(world.random)
    await network.storeOf(2).append({ key: KEY, value: utf8('newer') }, { opId }).committed
    // Its answer comes after the other two have made a quorum.
    network.network.setLink('node-3', 'node-1', { latencyMinMs: 40, latencyMaxMs: 40 })
    const options = { expectedVersion: null, level: 'all', timeoutMs: 700 } as const
    expect((await a.put(KEY, utf8('x'), options)).outcome).toBe('pending')
  })
})

test('a read that finds a deletion brings the own copy of a node that is no replica up to date', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world, 4)
    const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find(
      (one) => !network.replicasOf(one).includes('node-4'),
    )
    if (key === undefined) throw new Error('node-4 is a replica of everything')
    const [a, , , d] = network.nodes
    await d?.put(key, utf8('mine'))
    await a?.delete(key)
    expect(network.storeOf(3).head(key)?.deleted).toBe(false)
    expect(await d?.get(key)).toBeUndefined()
    expect(network.storeOf(3).head(key)?.deleted).toBe(true)
  })
})

test('a node sees its own write at a quorum while it is on its way, and so do others then', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world, 4)
    const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find(
      (one) => !network.replicasOf(one).includes('node-4'),
    )
    if (key === undefined) throw new Error('node-4 is a replica of everything')
    const opId = newOperationId(world.random)
    await network.storeOf(3).append({ key, value: utf8('mine') }, { opId }).committed
    expect(await network.nodes[0]?.get(key)).toBeUndefined()
    expect(fromUtf8((await network.nodes[3]?.get(key))?.value ?? utf8(''))).toBe('mine')
    expect(fromUtf8((await network.nodes[0]?.get(key))?.value ?? utf8(''))).toBe('mine')
  })
})

test('a retry cannot tell whether the condition of a write held that was left pending', async () => {
  await inWorld(1, async (world) => {
    const network = await started(world)
    const { a, b } = nodesOf(network)
    await delay(world.clock, 50)
    network.isolate(2)
    const swap = { expectedVersion: null, opId: 'swap', timeoutMs: 300 } as const
    expect((await a.put(KEY, utf8('x'), { ...swap, level: 'all' })).outcome).toBe('pending')
    network.heal()
    await network.settle()
    expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('x')
    expect((await a.put(KEY, utf8('x'), swap)).outcome).toBe('pending')
    const known = { ...swap, opId: 'another', expectedVersion: (await a.get(KEY))?.version ?? null }
    expect((await a.put(KEY, utf8('y'), known)).outcome).toBe('acknowledged')
    expect((await a.put(KEY, utf8('y'), known)).outcome).toBe('acknowledged')
  })
})
