import { fromUtf8, seededRandom, utf8, type Level } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { createMockNetwork, MockDHT, type MockNetwork } from '@bzzz/dht-mock'
import { defineHybrid, type HybridOf } from '@bzzz/hybrid'
import { ProcessGate, World } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import type { Mesh, MeshNode, MeshOptions, PortRow } from './mesh.js'

const HybridDHT = defineHybrid<DHT, typeof dhtPort>(dhtPort, ['peerId'])

/** From a request to its answer, between two nodes. */
const ROUND_TRIP_MS = 2

interface Node {
  readonly peerId: string
  readonly gate: ProcessGate
  readonly store: Store
  readonly dht: HybridOf<DHT, typeof dhtPort>
}

const createNode = (
  world: World,
  network: MockNetwork,
  peerId: string,
  options: MeshOptions,
): Node => {
  const gate = new ProcessGate()
  const clock = world.nodeClock({ gate })
  const random = seededRandom(world.random.int(2 ** 31))
  const store = new MemoryStore({ writer: peerId, clock, random })
  const dht = new HybridDHT({
    component: 'dht',
    mock: new MockDHT({ store, clock, random }),
    real: () => {
      const port = network.join(peerId, { store, clock, random, gate, pumpsDirty: false })
      return {
        port,
        reach: port.reach,
        confirm: (keys, callOptions) => port.confirm(keys, callOptions),
        copyAll: (callOptions) => port.copyAll(callOptions),
      }
    },
    store,
    setting: options.setting,
    clock,
    random,
  })
  return { peerId, gate, store, dht }
}

const withLevel = (level: Level | undefined) => (level === undefined ? {} : { level })

const asMeshNode = ({ dht }: Node): MeshNode => ({
  controls: dht.controls,
  write: (name, text, level) => dht.put(name, utf8(text), withLevel(level)),
  read: async (name, level) => {
    const record = await dht.get(name, withLevel(level))
    return record === undefined ? undefined : fromUtf8(record.value)
  },
})

class DhtMesh implements Mesh {
  readonly nodes: readonly MeshNode[]
  readonly #world: World
  readonly #network: MockNetwork
  readonly #nodes: readonly Node[]

  constructor(world: World, network: MockNetwork, nodes: readonly Node[]) {
    this.#world = world
    this.#network = network
    this.#nodes = nodes
    this.nodes = nodes.map(asMeshNode)
  }

  now(): number {
    return this.#world.nowMs
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#world.complete(work())
  }

  pass(ms: number): Promise<void> {
    return this.#world.runFor(ms)
  }

  until(condition: () => boolean, boundMs: number): Promise<void> {
    return this.#world.runUntil(condition, boundMs)
  }

  isolate(...indexes: readonly number[]): void {
    for (const index of indexes) this.#network.network.isolate(this.#of(index).peerId)
  }

  split(indexes: readonly number[]): void {
    const isOne = (index: number): boolean => indexes.includes(index)
    const halves = [true, false].map((one) =>
      this.#nodes.filter((_, index) => isOne(index) === one).map(({ peerId }) => peerId),
    )
    this.#network.network.partition(...halves)
  }

  mute(index: number): void {
    const { peerId } = this.#of(index)
    for (const other of this.#nodes)
      if (other.peerId !== peerId) this.#network.network.cut(peerId, other.peerId)
  }

  heal(): void {
    this.#network.heal()
  }

  freeze(index: number): void {
    this.#of(index).gate.freeze()
  }

  thaw(index: number): void {
    this.#of(index).gate.thaw()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal()
    for (const { gate } of this.#nodes) gate.thaw()
    for (const { dht, store } of this.#nodes) {
      await this.run(() => dht.stop())
      await this.run(() => store.stop())
    }
  }

  #of(index: number): Node {
    const node = this.#nodes[index]
    if (node === undefined) throw new RangeError(`there is no node ${index}`)
    return node
  }
}

/** Hybrid DHTs, whose real sides are nodes of one embedded network with a modelled wire. */
export const dhtRow: PortRow = {
  component: 'BZZZ DHT',
  createMesh: async (options) => {
    const world = new World({ seed: 7 })
    const network = createMockNetwork({
      ground: world,
      count: options.count,
      roundTripMs: ROUND_TRIP_MS,
    })
    const nodes = network.peerIds.map((peerId) => createNode(world, network, peerId, options))
    for (const { store } of nodes) await world.complete(store.start())
    await world.complete(Promise.all(nodes.map(({ dht }) => dht.start())))
    return new DhtMesh(world, network, nodes)
  },
}
