import { describe, it } from '@jest/globals'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import { createMockNetwork, MockDHT } from '@bzzz/dht-mock'
import { World } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import { BUCKETS } from '@bzzz/store'
import { toHex } from '@bzzz/base'
import { audited, instrument, MetricRegistry, PortMetrics } from '../src/index.js'

const digestOf = (store: Store): string =>
  Array.from({ length: BUCKETS }, (_, bucket) => toHex(store.digest(bucket).hash)).join()

/** Mocks in a world that runs while the suite awaits, each wrapped. */
const wrapped = (name: string, wrap: (dht: DHT, world: World) => DHT): DhtContractOptions => {
  const world = new World({ seed: 11 })
  const { clock, random } = world
  return {
    name,
    nodeCounts: [1, 3],
    durability: 'memory',
    supports: { partition: true, crash: true },
    createNetwork: async (count) => {
      const stopWorld = world.drive()
      const network = createMockNetwork({
        ground: world,
        count,
        roundTripMs: 1,
        createStore: (ground) => new MemoryStore({ ...ground, writer: ground.peerId }),
      })
      await network.start()
      return {
        nodes: network.nodes.map((node) => wrap(node, world)),
        settle: () => network.settle(),
        stop: async () => {
          await network.stop()
          stopWorld()
        },
        isolate: async (node) => {
          network.isolate(node)
        },
        heal: async () => {
          network.heal()
        },
        crash: async (node) => {
          network.crash(node)
        },
        digest: async (node) => digestOf(network.storeOf(node)),
      }
    },
    createNode: async () => {
      const store = new MemoryStore({ writer: 'lone', clock, random })
      await store.start()
      return wrap(new MockDHT({ store, clock, random }), world)
    },
    advance: async (ms) => {
      const stopWorld = world.drive()
      await new Promise<void>((resolve) => void world.after(ms, resolve, 'advance'))
      stopWorld()
    },
  }
}

const metrics = new PortMetrics(new MetricRegistry())

dhtContract(
  { describe, it },
  wrapped('instrumented(mock)', (dht, { clock }) =>
    instrument<DHT>(dhtPort, dht, metrics, { component: 'dht', clock, sampleEvery: 2 }),
  ),
)

dhtContract(
  { describe, it },
  wrapped('audited(mock)', (dht, { clock }) =>
    audited<DHT>(
      dhtPort,
      dht,
      { append: () => {} },
      {
        component: 'dht',
        clock,
        onEntryLost: (error) => {
          throw error
        },
      },
    ),
  ),
)
