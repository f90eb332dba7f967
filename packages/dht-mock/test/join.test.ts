import { describe, expect, jest, test } from '@jest/globals'
import { delay, fromUtf8, newOperationId, utf8, type StampedRecord } from '@bzzz/base'
import { ProcessGate, World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import { createMockNetwork, type MockNetwork } from '../src/mock-network.js'
import type { MockDHT } from '../src/mock-dht.js'
import { Incarnations } from '../src/incarnations.js'

// Simulated time; the real one is only what a busy machine takes.
jest.setTimeout(60_000)

/** Machines whose nodes come and go while their stores stay. */
class Machines {
  readonly world: World
  readonly network: MockNetwork
  readonly stores: MemoryStore[]
  readonly gates: ProcessGate[]

  constructor(world: World, count = 3) {
    this.world = world
    this.network = createMockNetwork({ ground: world, count, roundTripMs: 2 })
    const { clock, random } = world
    this.stores = this.network.peerIds.map((writer) => new MemoryStore({ writer, clock, random }))
    this.gates = this.stores.map(() => new ProcessGate())
  }

  async start(): Promise<MockDHT[]> {
    for (const store of this.stores) await store.start()
    return Promise.all(this.stores.map((_, index) => this.join(index)))
  }

  async join(index: number, pumpsDirty = true): Promise<MockDHT> {
    const [store, gate] = [this.stores[index], this.gates[index]]
    if (store === undefined || gate === undefined) throw new Error(`no machine ${index}`)
    const { clock, random } = this.world
    const node = this.network.join(store.writer, { store, gate, clock, random, pumpsDirty })
    await node.start()
    return node
  }
}

const inWorld = async (
  body: (machines: Machines, nodes: readonly [MockDHT, MockDHT, MockDHT]) => Promise<void>,
): Promise<void> => {
  const world = new World({ seed: 3 })
  const machines = new Machines(world)
  const run = async (): Promise<void> => {
    const [a, b, c] = await machines.start()
    if (a === undefined || b === undefined || c === undefined) throw new Error('three are needed')
    await delay(world.clock, 10)
    await body(machines, [a, b, c])
  }
  await world.complete(run(), 600_000)
}

const KEY = 'k'

describe('a node that leaves and joins again over its store', () => {
  test('is told to the others, and serves again', async () => {
    await inWorld(async ({ world, ...machines }, [a, b, c]) => {
      const network = machines.network
      let changes = 0
      b.reach.onChange(() => {
        changes++
      })
      expect([a.reach.hasQuorum, b.reach.canReach(KEY)]).toEqual([true, true])
      await a.stop()
      await c.stop()
      await delay(world.clock, 500)
      expect([b.reach.hasQuorum, b.reach.canReach(KEY), changes]).toEqual([false, false, 2])
      const [store, gate] = [machines.stores[0], machines.gates[0]]
      if (store === undefined || gate === undefined) throw new Error('no machine')
      expect(gate.state).toBe('running')
      const again = network.join(store.writer, {
        store,
        gate,
        clock: world.clock,
        random: world.random,
      })
      await again.start()
      await delay(world.clock, 500)
      expect([b.reach.hasQuorum, again.reach.hasQuorum]).toEqual([true, true])
      expect((await again.put(KEY, utf8('x'))).outcome).toBe('acknowledged')
    })
  })

  test('dies with its machine', async () => {
    await inWorld(async ({ world, gates }, [, b]) => {
      gates[0]?.kill()
      gates[2]?.kill()
      await delay(world.clock, 500)
      expect(b.reach.hasQuorum).toBe(false)
      await expect(b.get(KEY, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    })
  })

  test('loses nothing over fifty turns under load', async () => {
    await inWorld(async (machines, [a, b]) => {
      const { world } = machines
      let node = a
      const over = new AbortController()
      const acknowledged: string[] = []
      const load = (async () => {
        for (let i = 0; !over.signal.aborted; i++) {
          const receipt = await b.put(`load ${i}`, utf8('x'))
          if (receipt.outcome === 'acknowledged') acknowledged.push(receipt.key)
        }
      })()
      for (let turn = 0; turn < 50; turn++) {
        await node.stop()
        await delay(world.clock, turn % 5)
        node = await machines.join(0)
        expect((await node.put(`turn ${turn}`, utf8('y'))).outcome).toBe('acknowledged')
      }
      over.abort()
      await load
      await delay(world.clock, 1000)
      expect(acknowledged.length).toBeGreaterThan(50)
      for (const key of acknowledged) expect(machines.stores[0]?.head(key)).toBeDefined()
      expect(machines.stores.map(({ dirtyBytes }) => dirtyBytes)).toEqual([0, 0, 0])
    })
  })

  test('leaves dirty records alone where somebody else sends them', async () => {
    await inWorld(async (machines, [a]) => {
      const { world, stores } = machines
      await a.stop()
      const opId = newOperationId(world.random)
      await stores[0]?.append({ key: KEY, value: utf8('x') }, { opId }).committed
      const waiting = await machines.join(0, false)
      await delay(world.clock, 1000)
      expect(stores[0]?.isDirty(KEY)).toBe(true)
      await waiting.stop()
      await machines.join(0)
      await delay(world.clock, 1000)
      expect([stores[0]?.isDirty(KEY), stores[1]?.head(KEY) !== undefined]).toEqual([false, true])
    })
  })
})

test('what only one replica holds, whose writer is gone, spreads by comparing at intervals', async () => {
  await inWorld(async ({ world, network, stores, gates }) => {
    const [store, gate] = [stores[2], gates[2]]
    if (store === undefined || gate === undefined) throw new Error('no machine')
    const { clock, random } = world
    await network.join('node-3', { store, gate, clock, random, compareEveryMs: 5000 }).start()
    await delay(clock, 500)
    const opId = newOperationId(random)
    await stores[0]?.append({ key: KEY, value: utf8('x') }, { opId }).committed
    await delay(clock, 4000)
    expect(store.head(KEY)).toBeUndefined()
    await delay(clock, 2000)
    expect(store.head(KEY)).toBeDefined()
  })
})

describe('a comparison with the replicas', () => {
  test('tells whether a quorum holds the keys, and fetches what is newer', async () => {
    await inWorld(async ({ world, network, stores }, [a, b]) => {
      expect(await a.confirm(['nobody has it'])).toBe(true)
      const opId = newOperationId(world.random)
      await stores[0]?.append({ key: KEY, value: utf8('x') }, { opId }).committed
      expect(await a.confirm([KEY])).toBe(false)
      await stores[1]?.append({ key: 'newer', value: utf8('y') }, { opId }).committed
      expect(await a.confirm(['newer'])).toBe(true)
      await delay(world.clock, 100)
      expect(stores[0]?.head('newer')).toBeDefined()
      await b.put(KEY, utf8('z'))
      expect(await a.confirm([KEY])).toBe(true)
      network.isolate(0)
      await expect(a.confirm([KEY])).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    })
  })
})

describe('a copy of everything', () => {
  test('fetches what this node lacks, and tells its progress', async () => {
    await inWorld(async ({ network, stores }, [a, b]) => {
      network.isolate(2)
      for (let i = 0; i < 600; i++) await b.put(`k${i}`, utf8('x'))
      const seen: number[] = []
      await a.copyAll({ onProgress: ({ done, total }) => seen.push(done / total) })
      expect([stores[0]?.size, seen]).toEqual([600, [0.5]])
    })
  })

  test('is refused where a record may be missed', async () => {
    await inWorld(async ({ network }, [a]) => {
      network.isolate(0)
      await expect(a.copyAll()).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    })
  })
})

const stampOf = (store: MemoryStore | undefined, key: string, opId: string): StampedRecord => {
  if (store === undefined) throw new Error('no store')
  return store.append({ key, value: utf8(opId) }, { opId }).record
}

describe('a record of this node that is brought', () => {
  test('for a quorum is stamped above one that is newer', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      await delay(world.clock, 5)
      network.isolate(0)
      await b.put(KEY, utf8('theirs'))
      network.heal()
      const receipt = await a.apply(record, { timeoutMs: 2000 })
      expect(receipt.outcome).toBe('acknowledged')
      expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('mine')
    })
  })

  test('that was acknowledged long before is not, though a quorum is wanted', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      await delay(world.clock, 5)
      network.isolate(0)
      await b.put(KEY, utf8('theirs'))
      network.heal()
      expect((await a.apply(record, { restamps: 'never' })).outcome).toBe('acknowledged')
      expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('theirs')
    })
  })

  test('is not stamped anew once its caller has gone', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      await delay(world.clock, 5)
      network.isolate(0)
      const caller = new AbortController()
      const bringing = a.apply(record, { restamps: 'while-waited', signal: caller.signal })
      await b.put(KEY, utf8('theirs'))
      caller.abort()
      await expect(bringing).rejects.toMatchObject({ code: 'ABORTED' })
      network.heal()
      await delay(world.clock, 1000)
      expect(fromUtf8((await a.get(KEY))?.value ?? utf8(''))).toBe('theirs')
    })
  })

  test('to spread only is not', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      await delay(world.clock, 5)
      network.isolate(0)
      await b.put(KEY, utf8('theirs'))
      network.heal()
      expect((await a.apply(record, { level: 'local' })).outcome).toBe('acknowledged')
      await delay(world.clock, 1000)
      expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('theirs')
      expect(stores[0]?.isDirty(KEY)).toBe(false)
    })
  })

  test('keeps its stamp where one replica refuses it and a quorum takes it', async () => {
    await inWorld(async ({ network, stores, world }, [a]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      await delay(world.clock, 5)
      stampOf(stores[1], KEY, 'theirs')
      // The refusal comes first.
      network.network.setLink('node-3', 'node-1', { latencyMinMs: 30, latencyMaxMs: 30 })
      const receipt = await a.apply(record, { timeoutMs: 1000 })
      expect([receipt.outcome, receipt.version]).toEqual(['acknowledged', record.version])
    })
  })

  test('leaves the node once it is durable there, its second stamp too', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const [store, other] = [stores[0], stores[1]]
      if (store === undefined || other === undefined) throw new Error('no store')
      const record = stampOf(store, KEY, 'mine')
      await delay(world.clock, 5)
      network.isolate(0)
      await b.put(KEY, utf8('theirs'))
      network.heal()
      const append = store.append.bind(store)
      let isDurable = false
      store.append = (intent, options) => {
        const made = append(intent, options)
        const committed = delay(world.clock, 300).then(() => {
          isDurable = true
        })
        return { ...made, committed }
      }
      const seen: boolean[] = []
      other.onCommit(({ opId }) => {
        if (opId === 'mine') seen.push(isDurable)
      })
      expect((await a.apply(record, { timeoutMs: 3000 })).outcome).toBe('acknowledged')
      expect(seen).toEqual([true])
    })
  })

  test('takes effect once, where a replica held it before something newer came', async () => {
    await inWorld(async ({ network, stores, world }, [a, b]) => {
      const record = stampOf(stores[0], KEY, 'mine')
      network.network.cut('node-2', 'node-1')
      network.network.cut('node-3', 'node-1')
      const bringing = a.apply(record, { timeoutMs: 3000 })
      await delay(world.clock, 50)
      expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('mine')
      await b.put(KEY, utf8('theirs'))
      network.heal()
      const receipt = await bringing
      expect([receipt.outcome, receipt.version]).toEqual(['acknowledged', record.version])
      expect(fromUtf8((await b.get(KEY))?.value ?? utf8(''))).toBe('theirs')
    })
  })
})

const run = (epoch: number, storeId = 's') => ({ peerId: 'p', storeId, epoch })

test('an earlier run of a node is refused, a later one and another store are not', () => {
  const met = new Incarnations()
  met.admit(run(4))
  met.admit(run(4))
  expect(() => {
    met.admit(run(3))
  }).toThrow(expect.objectContaining({ code: 'DHT_UNAVAILABLE' }))
  met.admit(run(1, 'a new disk'))
  met.admit(run(5))
})
