import { seededRandom, type Clock } from '@bzzz/base'
import { createSigner, type Signer } from '@bzzz/crypto'
import { ProcessGate, SimNetwork, World, type LinkModel } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import {
  Libp2pDHT,
  memoryViewStorage,
  type Libp2pDHTOptions,
  type ViewStorage,
} from '../src/index.js'

export interface ClusterOptions {
  readonly seed?: number
  readonly link?: Partial<LinkModel>
  readonly skewMs?: number
  readonly dht?: Partial<Libp2pDHTOptions>
}

export interface Node {
  readonly index: number
  readonly id: string
  readonly signer: Signer
  readonly clock: Clock
  readonly views: ViewStorage
  gate: ProcessGate
  store: Store
  dht: Libp2pDHT
}

/** Signers by number, the same in every run: making keys is most of the time of a small simulation. */
export const signerOf = (index: number): Signer => createSigner(seedOf(index))

export const seedOf = (index: number): Uint8Array => {
  const seed = new Uint8Array(32)
  seed.set([1 + (index & 0xff), index >>> 8, 0xb2])
  return seed
}

/** Nodes with a store in memory on a simulated network. */
export class Cluster {
  readonly world: World
  readonly network: SimNetwork
  readonly nodes: Node[] = []
  readonly #options: ClusterOptions

  constructor(options: ClusterOptions = {}) {
    this.#options = options
    this.world = new World({ seed: options.seed ?? 1 })
    this.network = new SimNetwork(
      this.world,
      options.link === undefined ? {} : { link: options.link },
    )
  }

  /** A node that is not started, on a store that is. */
  async lone(): Promise<Libp2pDHT> {
    const node = this.#newNode()
    await this.#place(node)
    return node.dht
  }

  /** Adds a node and starts it. */
  async add(): Promise<Node> {
    const node = this.#newNode()
    await this.#place(node)
    await this.world.complete(node.dht.start())
    return node
  }

  #newNode(): Node {
    const index = this.nodes.length
    const signer = signerOf(index)
    const random = this.world.stream(`skew ${index}`)
    const skewMs = this.#options.skewMs ?? 0
    const gate = new ProcessGate()
    const clock = this.world.nodeClock({
      gate,
      offsetMs: Math.round((random.next() - 0.5) * 2 * skewMs),
    })
    const node = {
      index,
      id: signer.peerId,
      signer,
      clock,
      views: memoryViewStorage(),
      gate,
    } as unknown as Node
    this.nodes.push(node)
    return node
  }

  async #place(node: Node): Promise<void> {
    const { index, signer, clock, views, gate } = node
    const random = seededRandom(this.world.random.int(2 ** 31))
    node.store = new MemoryStore({ writer: node.id, clock, random })
    await this.world.complete(node.store.start())
    node.dht = new Libp2pDHT({
      transport: this.network.transport(node.id, gate),
      store: node.store,
      signer,
      viewStorage: views,
      clock,
      random: this.world.stream(`dht ${index}`),
      ...this.#options.dht,
    })
  }

  /** Until all know each other and everyone's answers count. */
  settled(boundMs = 30_000): Promise<void> {
    return this.world.runUntil(
      () =>
        this.nodes.every(({ dht }) => dht.members.length === this.nodes.length && dht.isSettled),
      boundMs,
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ dht }) => this.world.complete(dht.stop())))
    await Promise.all(this.nodes.map(({ store }) => this.world.complete(store.stop())))
  }
}

export const clusterOf = async (count: number, options: ClusterOptions = {}): Promise<Cluster> => {
  const cluster = new Cluster(options)
  for (let i = 0; i < count; i++) await cluster.add()
  await cluster.settled()
  return cluster
}
