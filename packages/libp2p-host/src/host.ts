import {
  baseError,
  Service,
  type AbortOptions,
  type PeerStatus,
  type PeerTransport,
  type RequestHandler,
  type RequestOptions,
  type Unsubscribe,
} from '@bzzz/base'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'
import type { Identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Libp2pHostOptions } from './options.js'

export type HostServices = {
  readonly identify: Identify
  readonly ping: Ping
  readonly dht: KadDHT
  readonly pubsub: GossipSub
}

export interface DialOptions extends AbortOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number | undefined
}

/** One libp2p node that all ports share. */
export class Libp2pHost extends Service implements PeerTransport {
  readonly peerId: string = ''

  constructor(_options: Libp2pHostOptions) {
    super('the libp2p host')
  }

  /** The node, for ports that need more than requests. Throws `NOT_STARTED` outside `start` … `stop`. */
  get libp2p(): Libp2p<HostServices> {
    throw baseError('NOT_STARTED', 'the libp2p host is not built yet')
  }

  protected override onStart(): Promise<void> {
    return Promise.reject(baseError('NOT_STARTED', 'the libp2p host is not built yet'))
  }

  protected override async onStop(): Promise<void> {}

  /** Multiaddrs that this node listens on, each with `/p2p/<id>`. */
  addresses(): string[] {
    return []
  }

  /** Connects and returns the peer id that the handshake has proven. */
  dial(_address: string, _options: DialOptions = {}): Promise<string> {
    return Promise.reject(baseError('NOT_STARTED', 'the libp2p host is not built yet'))
  }

  async hangUp(_peerId: string): Promise<void> {}

  /** Peers nearest to the key by kad-dht's metric, nearest first, without this node. */
  async *closestPeers(_key: Uint8Array, _options: AbortOptions = {}): AsyncIterable<string> {}

  async knownAddresses(_peerId: string): Promise<string[]> {
    return []
  }

  async addAddresses(_peerId: string, _addresses: readonly string[]): Promise<void> {}

  peers(): readonly PeerStatus[] {
    return []
  }

  request(
    _peerId: string,
    _protocol: string,
    _payload: Uint8Array,
    _options: RequestOptions,
  ): Promise<Uint8Array> {
    return Promise.reject(baseError('NOT_STARTED', 'the libp2p host is not built yet'))
  }

  handle(_protocol: string, _handler: RequestHandler): Unsubscribe {
    return () => {}
  }

  onPeerChange(_listener: (peer: PeerStatus) => void): Unsubscribe {
    return () => {}
  }
}
