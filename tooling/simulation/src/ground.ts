import type { Clock, Random } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import type { DHT } from '@bzzz/dht-core'
import { Libp2pDHT, memoryViewStorage } from '@bzzz/dht-libp2p'
import { createMockNetwork } from '@bzzz/dht-mock'
import type { RealSide } from '@bzzz/hybrid'
import { SimNetwork, type LinkModel, type ProcessGate, type World } from '@bzzz/sim'
import type { Store } from '@bzzz/store'

/** One run of a node, as its real side needs it. */
export interface Footing {
  readonly peerId: string
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly gate: ProcessGate
}

/** What lies between the nodes, and the side of a hybrid that reaches the others over it. */
export interface Ground {
  readonly peerIds: readonly string[]
  readonly network: SimNetwork
  /** Nodes that must hold a key. */
  replicasOf(key: string): readonly string[]
  /** Makes the real sides of one process, one at a time. */
  sidesOf(footing: Footing): () => RealSide<DHT>
}

/** Nodes compare all records at this interval, milliseconds, beside when they meet. */
const COMPARE_MS = 10_000

/** The embedded DHT on a modelled network. */
export const embeddedGround = (world: World, count: number, link: Partial<LinkModel>): Ground => {
  const mesh = createMockNetwork({ ground: world, count, link })
  return {
    peerIds: mesh.peerIds,
    network: mesh.network,
    replicasOf: (key) => mesh.replicasOf(key),
    sidesOf: ({ peerId, ...footing }) => {
      const options = { ...footing, pumpsDirty: false, compareEveryMs: COMPARE_MS }
      return () => {
        const port = mesh.join(peerId, options)
        return {
          port,
          reach: port.reach,
          confirm: (keys, given) => port.confirm(keys, given),
          copyAll: (given) => port.copyAll(given),
        }
      }
    },
  }
}

const seedOf = (index: number): Uint8Array => {
  const seed = new Uint8Array(32)
  seed.set([index + 1, 0x51])
  return seed
}

const mustJoin = (): boolean => true

/** The DHT over peers, of as many nodes as a key has replicas. */
export const peersGround = (world: World, link: Partial<LinkModel>): Ground => {
  const network = new SimNetwork(world, { link })
  const peers = Array.from({ length: 3 }, (_, index) => ({
    signer: createSigner(seedOf(index)),
    viewStorage: memoryViewStorage(),
  }))
  const peerIds = peers.map(({ signer }) => signer.peerId)
  return {
    peerIds,
    network,
    replicasOf: () => peerIds,
    sidesOf: ({ peerId, gate, ...footing }) => {
      const transport = network.transport(peerId, gate)
      const peer = peers[peerIds.indexOf(peerId)]
      if (peer === undefined) throw new RangeError(`there is no node ${peerId}`)
      const options = { ...footing, ...peer, transport, mustJoin, pumpsDirty: false }
      return () => {
        const port = new Libp2pDHT({ ...options, compareEveryMs: COMPARE_MS })
        return {
          port,
          reach: port.reach,
          isAlone: () => port.isAlone(),
          confirm: (keys, given) => port.confirm(keys, given),
          copyAll: (given) => port.copyAll(given),
        }
      }
    },
  }
}
