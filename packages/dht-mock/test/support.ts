import { toHex } from '@bzzz/base'
import type { DhtContractOptions, DhtNetwork } from '@bzzz/dht-core/contract'
import { World } from '@bzzz/sim'
import { BUCKETS, MemoryStore, type Store } from '@bzzz/store'
import { MockDHT } from '../src/mock-dht.js'
import { createMockNetwork, type MockNetwork } from '../src/mock-network.js'

/** Equal for stores that hold equal records. */
export const digestOf = (store: Store): string =>
  Array.from({ length: BUCKETS }, (_, bucket) => toHex(store.digest(bucket).hash)).join()

/** A started network, as the contract suite wants it. */
export const asContract = (network: MockNetwork, onStop: () => Promise<void>): DhtNetwork => ({
  nodes: network.nodes,
  settle: () => network.settle(),
  stop: async () => {
    await network.stop()
    await onStop()
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
})

/** Networks over memory in a world that runs by itself while the suite awaits. */
export const inWorld = (
  name: string,
  model: { readonly roundTripMs?: number; readonly lossProbability?: number },
): DhtContractOptions => {
  const world = new World({ seed: 7 })
  return {
    name,
    nodeCounts: [1, 3, 5],
    durability: 'memory',
    supports: { partition: true, crash: true },
    createNetwork: async (count) => {
      const stopWorld = world.drive()
      const network = createMockNetwork({
        ...model,
        ground: world,
        count,
        createStore: ({ peerId, clock, random }) =>
          new MemoryStore({ writer: peerId, clock, random }),
      })
      await network.start()
      return asContract(network, async () => {
        stopWorld()
      })
    },
    createNode: async () => {
      const { clock, random } = world
      const store = new MemoryStore({ writer: 'lone', clock, random })
      await store.start()
      return new MockDHT({ store, clock, random })
    },
    advance: async (ms) => {
      const stopWorld = world.drive()
      await new Promise<void>((resolve) => void world.after(ms, resolve, 'advance'))
      stopWorld()
    },
  }
}
