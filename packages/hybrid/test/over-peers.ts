import { seededRandom, type Clock, type ModeSetting } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import { Libp2pDHT, memoryViewStorage } from '@bzzz/dht-libp2p'
import { MockDHT } from '@bzzz/dht-mock'
import { ProcessGate, SimNetwork, World } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import { HybridDHT } from './support.js'

/** A node with an embedded DHT alone, and beside it the one over peers, on one store. */
export interface PeerNode {
  readonly dht: HybridDHT
  readonly store: Store
  readonly gate: ProcessGate
  real: Libp2pDHT | undefined
}

export const isRunning = ({ gate }: PeerNode): boolean => gate.state !== 'dead'

/** Several such nodes on a simulated network, in a world of their own. */
export class OverPeers {
  readonly world: World
  readonly network: SimNetwork
  readonly nodes: readonly PeerNode[]
  readonly #setting: ModeSetting

  constructor(count: number, setting: ModeSetting, seed = 5) {
    this.#setting = setting
    this.world = new World({ seed })
    this.network = new SimNetwork(this.world)
    this.nodes = Array.from({ length: count }, (_, index) => this.#join(index, count))
  }

  /** Starts all, and waits until each one's real side serves. */
  async start(): Promise<void> {
    for (const { store, dht } of this.nodes) {
      await this.world.complete(store.start())
      await this.world.complete(dht.start())
    }
    await this.world.runUntil(() => this.nodes.every((node) => this.isServing(node)), 30_000)
  }

  node(index: number): PeerNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }

  isServing({ dht, real }: PeerNode): boolean {
    const isWhole = real?.isSettled === true && real.members.length === this.nodes.length
    return dht.controls.phase === 'real' && isWhole
  }

  /** True when nothing is left to send and real serves everywhere. */
  get isQuiet(): boolean {
    return this.nodes
      .filter(isRunning)
      .every((node) => this.isServing(node) && Array.from(node.store.dirtyKeys()).length === 0)
  }

  #join(index: number, count: number): PeerNode {
    const signer = createSigner(new Uint8Array(32).fill(index + 1))
    const gate = new ProcessGate()
    const clock: Clock = this.world.nodeClock({ gate })
    const random = seededRandom(index)
    const store = new MemoryStore({ writer: signer.peerId, clock, random })
    const transport = this.network.transport(signer.peerId, gate)
    const viewStorage = memoryViewStorage()
    const common = { store, clock, random }
    const mustJoin = (): boolean => count > 1
    const node: PeerNode = {
      store,
      gate,
      real: undefined,
      dht: new HybridDHT({
        component: 'dht',
        mock: new MockDHT(common),
        real: () => {
          const peers = { transport, signer, viewStorage, mustJoin, pumpsDirty: false }
          const real = new Libp2pDHT({ ...common, ...peers })
          node.real = real
          return {
            port: real,
            reach: real.reach,
            isAlone: () => real.isAlone(),
            confirm: (keys, options) => real.confirm(keys, options),
            copyAll: (options) => real.copyAll(options),
          }
        },
        ...common,
        setting: this.#setting,
      }),
    }
    return node
  }
}
