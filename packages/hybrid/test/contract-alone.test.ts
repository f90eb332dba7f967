import { describe, it } from '@jest/globals'
import { seededRandom, type ModeSetting } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import { MockDHT } from '@bzzz/dht-mock'
import { faulty, World, type Fault } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import type { RealSide } from '../src/index.js'
import { askedAlone } from './asked-alone.js'
import { HybridDHT } from './support.js'

/** A node whose two sides are both embedded, over one store: what a single machine runs. */
const alone = (
  name: string,
  setting: ModeSetting,
  realOf: (dht: DHT, world: World) => RealSide<DHT> = (port) => ({ port }),
  asked: (dht: HybridDHT) => DHT = (dht) => dht,
): DhtContractOptions => {
  const world = new World({ seed: 3 })
  const { clock } = world
  const createNode = async (): Promise<DHT> => {
    const random = seededRandom(3)
    const store = new MemoryStore({ writer: 'lone', clock, random })
    await store.start()
    const side = (): MockDHT => new MockDHT({ store, clock, random })
    const dht = new HybridDHT({
      component: 'dht',
      mock: side(),
      real: () => realOf(side(), world),
      store,
      setting,
      clock,
      random,
    })
    return asked(dht)
  }
  return {
    name,
    nodeCounts: [1],
    durability: 'memory',
    supports: { fallsBack: true },
    createNetwork: async () => {
      const stopWorld = world.drive()
      const node = await createNode()
      await node.start()
      return {
        nodes: [node],
        settle: () => new Promise<void>((resolve) => void world.after(20, resolve, 'settle')),
        stop: async () => {
          await node.stop()
          stopWorld()
        },
      }
    },
    createNode,
    advance: async (ms) => {
      const stopWorld = world.drive()
      await new Promise<void>((resolve) => void world.after(ms, resolve, 'advance'))
      stopWorld()
    },
  }
}

dhtContract(
  { describe, it },
  alone('hybrid(mock, mock) in mode mock', { mode: 'mock', percent: 100 }),
)
dhtContract(
  { describe, it },
  alone('hybrid(mock, mock) at 100 %', { mode: 'hybrid', percent: 100 }),
)
dhtContract({ describe, it }, alone('hybrid(mock, mock) at 30 %', { mode: 'hybrid', percent: 30 }))
dhtContract(
  { describe, it },
  alone('hybrid(mock, mock) in mode shadow', { mode: 'shadow', percent: 100 }),
)
dhtContract(
  { describe, it },
  alone('hybrid(mock, mock) in mode real', { mode: 'real', percent: 100 }),
)

/** Real is there and of no use: what this node alone can give is asked for, and nothing is missing. */
const useless = (name: string, fault: Fault): DhtContractOptions =>
  alone(
    name,
    { mode: 'hybrid', percent: 100 },
    (dht) => ({ port: faulty(dhtPort, dht, { every: [{ fault }] }) }),
    askedAlone,
  )

dhtContract({ describe, it }, useless('hybrid(mock, real down)', 'unavailable'))
dhtContract({ describe, it }, useless('hybrid(mock, real frozen)', 'hang'))
dhtContract({ describe, it }, useless('hybrid(mock, real losing replies)', 'lost-reply'))
