import { describe, it } from '@jest/globals'
import type { ModeSetting } from '@bzzz/base'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import type { World } from '@bzzz/sim'
import { digestOf } from './digest.js'
import { isRunning, OverPeers } from './over-peers.js'

const overPeers = (name: string, setting: ModeSetting): DhtContractOptions => {
  const worlds = new Set<World>()
  return {
    name,
    nodeCounts: [1, 3],
    durability: 'memory',
    supports: {
      partition: true,
      crash: true,
      fallsBack: setting.mode !== 'real',
      answersAlone: setting.mode !== 'real',
    },
    createNetwork: async (count) => {
      const mesh = new OverPeers(count, setting)
      const { world, network, nodes } = mesh
      await mesh.start()
      worlds.add(world)
      const halt = world.drive()
      return {
        nodes: nodes.map(({ dht }) => dht),
        settle: async () => {
          await world.runUntil(() => mesh.isQuiet, 60_000)
          await world.settle({ quietMs: 50 })
        },
        isolate: async (node) => {
          network.isolate(mesh.node(node).dht.peerId)
        },
        heal: async () => {
          network.heal()
        },
        crash: async (node) => {
          mesh.node(node).gate.kill()
        },
        digest: async (node) => digestOf(mesh.node(node).store),
        stop: async () => {
          await Promise.all(nodes.filter(isRunning).map(({ dht }) => dht.stop()))
          halt()
          worlds.delete(world)
        },
      }
    },
    createNode: async () => {
      const mesh = new OverPeers(1, setting, 6)
      mesh.world.drive()
      worlds.add(mesh.world)
      const { dht, store } = mesh.node(0)
      await store.start()
      return dht
    },
    advance: async (ms) => {
      await Promise.all([...worlds].map((world) => world.runFor(ms)))
    },
  }
}

dhtContract(
  { describe, it },
  overPeers('hybrid over libp2p at 100 %', { mode: 'hybrid', percent: 100 }),
)
dhtContract(
  { describe, it },
  overPeers('hybrid over libp2p in mode real', { mode: 'real', percent: 100 }),
)
