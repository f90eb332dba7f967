import type { PeerStatus, Startable, Unsubscribe } from '@bzzz/base'
import type { DHT, dhtPort } from '@bzzz/dht-core'
import type { HybridOf } from '@bzzz/hybrid'
import type { Store } from '@bzzz/store'
import type { BootstrapStatus } from './bootstrap/keeper.js'
import type { Component } from './operate/component.js'

/** The DHT of a node, whichever side of it answers. */
export type NodeDHT = HybridOf<DHT, typeof dhtPort>

/** The composed parts of a node, behind their ports. */
export interface Backend {
  readonly peerId: string
  readonly store: Store
  readonly dht: NodeDHT
  /** What an operator can switch. */
  readonly components: readonly Component[]
  /** In the order in which they start. */
  readonly parts: readonly Startable[]
  /** True while this node can speak to peers: not in mode `mock`, and not when libp2p did not start. */
  isLinked(): boolean
  peers(): readonly PeerStatus[]
  onPeerChange(listener: () => void): Unsubscribe
  /** Multiaddrs of this node; none without libp2p. */
  addresses(): readonly string[]
  bootstrap(): readonly BootstrapStatus[]
}
