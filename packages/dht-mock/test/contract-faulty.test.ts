import { describe, it } from '@jest/globals'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { dhtContract } from '@bzzz/dht-core/contract'
import { faulty } from '@bzzz/sim'
import { inWorld } from './support.js'

const options = inWorld('faulty(mock) with no fault planned', { roundTripMs: 1 })

dhtContract(
  { describe, it },
  {
    ...options,
    createNetwork: async (count) => {
      const network = await options.createNetwork(count)
      const nodes = network.nodes.map((node) => faulty<DHT>(dhtPort, node))
      return {
        ...network,
        nodes,
        stop: async () => {
          await network.stop()
          // Neither the suite nor the mock has changed bytes that belong to a store.
          for (const node of nodes) node.checkBytes()
        },
      }
    },
    createNode: async () => faulty<DHT>(dhtPort, await options.createNode()),
  },
)
