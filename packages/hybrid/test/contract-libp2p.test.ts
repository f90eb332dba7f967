import { describe, it } from '@jest/globals'
import { seededRandom, type Clock, type ModeSetting } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import { Libp2pDHT, memoryViewStorage } from '@bzzz/dht-libp2p'
import { MockDHT } from '@bzzz/dht-mock'
import { ProcessGate, SimNetwork, World } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import { digestOf } from './digest.js'
import { HybridDHT } from './support.js'

interface Member {
  readonly dht: HybridDHT
  readonly store: Store
  readonly gate: ProcessGate
  real: Libp2pDHT | undefined
}

const isRunning = ({ gate }: Member): boolean => gate.state !== 'dead'
const isServing = ({ dht, real }: Member, count: number): boolean =>
  dht.controls.phase === 'real' && real?.isSettled === true && real.members.length === count

/** Nodes that each have an embedded DHT alone, and beside it the one over peers, on one store. */
const overPeers = (name: string, setting: ModeSetting): DhtContractOptions => {
  const worlds = new Set<World>()
  const join = (world: World, network: SimNetwork, index: number, count: number): Member => {
    const signer = createSigner(new Uint8Array(32).fill(index + 1))
    const gate = new ProcessGate()
    const clock: Clock = world.nodeClock({ gate })
    const random = seededRandom(index)
    const store = new MemoryStore({ writer: signer.peerId, clock, random })
    const transport = network.transport(signer.peerId, gate)
    const viewStorage = memoryViewStorage()
    const common = { store, clock, random }
    const mustJoin = (): boolean => count > 1
    const member: Member = {
      store,
      gate,
      real: undefined,
      dht: new HybridDHT({
        component: 'dht',
        mock: new MockDHT(common),
        real: () => {
          const peers = { transport, signer, viewStorage, mustJoin, pumpsDirty: false }
          const real = new Libp2pDHT({ ...common, ...peers })
          member.real = real
          return {
            port: real,
            reach: real.reach,
            isAlone: () => real.isAlone(),
            confirm: (keys, options) => real.confirm(keys, options),
            copyAll: (options) => real.copyAll(options),
          }
        },
        ...common,
        setting,
      }),
    }
    return member
  }
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
      const world = new World({ seed: 5 })
      const network = new SimNetwork(world)
      const members = Array.from({ length: count }, (_, i) => join(world, network, i, count))
      for (const { store, dht } of members) {
        await world.complete(store.start())
        await world.complete(dht.start())
      }
      await world.runUntil(() => members.every((member) => isServing(member, count)), 30_000)
      worlds.add(world)
      const halt = world.drive()
      const idOf = (node: number): string => members[node]?.dht.peerId ?? ''
      const isQuiet = (member: Member): boolean =>
        !isRunning(member) ||
        (isServing(member, count) && Array.from(member.store.dirtyKeys()).length === 0)
      return {
        nodes: members.map(({ dht }) => dht),
        settle: async () => {
          await world.runUntil(() => members.every(isQuiet), 60_000)
          await world.settle({ quietMs: 50 })
        },
        isolate: async (node) => {
          network.isolate(idOf(node))
        },
        heal: async () => {
          network.heal()
        },
        crash: async (node) => {
          members[node]?.gate.kill()
        },
        digest: async (node) => {
          const member = members[node]
          return member === undefined ? '' : digestOf(member.store)
        },
        stop: async () => {
          await Promise.all(members.filter(isRunning).map(({ dht }) => dht.stop()))
          halt()
          worlds.delete(world)
        },
      }
    },
    createNode: async () => {
      const world = new World({ seed: 6 })
      world.drive()
      worlds.add(world)
      const { dht, store } = join(world, new SimNetwork(world), 0, 1)
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
