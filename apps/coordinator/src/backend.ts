import type { PeerStatus, Startable, Unsubscribe } from '@bzzz/base'
import type { DHT } from '@bzzz/dht-core'
import type { Store } from '@bzzz/store'
import type { BootstrapStatus } from './bootstrap/keeper.js'

/** The composed parts of a node, behind their ports. */
export interface Backend {
  readonly kind: 'mock' | 'real'
  readonly peerId: string
  readonly store: Store
  readonly dht: DHT
  /** In the order in which they start. */
  readonly parts: readonly Startable[]
  peers(): readonly PeerStatus[]
  onPeerChange(listener: () => void): Unsubscribe
  /** Multiaddrs of this node; none without libp2p. */
  addresses(): readonly string[]
  bootstrap(): readonly BootstrapStatus[]
}
