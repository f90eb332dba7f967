import { describe, it } from '@jest/globals'
import { toHex } from '@bzzz/base'
import type { DHT } from '@bzzz/dht-core'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import { World } from '@bzzz/sim'
import { BUCKETS, MemoryStore } from '@bzzz/store'
import { MockDHT } from './mock-dht.js'
import { createMockNetwork, type MockNetwork } from './mock-network.js'

const digestOf = (network: MockNetwork, node: number): string =>
  Array.from({ length: BUCKETS }, (_, bucket) =>
    toHex(network.storeOf(node).digest(bucket).hash),
  ).join()

/** A network in a world that runs by itself while the suite awaits. */
const inWorld = (roundTripMs: number, lossProbability = 0): DhtContractOptions => {
  const world = new World({ seed: 7 })
  const ground = world
  return {
    name: `mock in memory, round trip ${roundTripMs} ms, loss ${lossProbability * 100} %`,
    nodeCounts: [1, 3, 5],
    durability: 'memory',
    supports: { partition: true, crash: true },
    createNetwork: async (count) => {
      const stopWorld = world.drive()
      const network = createMockNetwork({
        ground,
        count,
        roundTripMs,
        lossProbability,
        createStore: ({ peerId, clock, random }) =>
          new MemoryStore({ writer: peerId, clock, random }),
      })
      await network.start()
      return {
        nodes: network.nodes,
        settle: () => network.settle(),
        stop: async () => {
          await network.stop()
          stopWorld()
        },
        isolate: async (node) => network.isolate(node),
        heal: async () => network.heal(),
        crash: async (node) => network.crash(node),
        digest: async (node) => digestOf(network, node),
      }
    },
    createNode: async (): Promise<DHT> => {
      const { clock, random } = world
      const store = new MemoryStore({ writer: 'lone', clock, random })
      await store.start()
      return new MockDHT({ store, clock, random })
    },
    advance: async (ms) => {
      const isDone = new Promise<void>((resolve) => void world.after(ms, resolve, 'advance'))
      const stopWorld = world.drive()
      await isDone
      stopWorld()
    },
  }
}

dhtContract({ describe, it }, inWorld(0))
dhtContract({ describe, it }, inWorld(2))
dhtContract({ describe, it }, inWorld(1, 0.05))
