import {
  Emitter,
  messageOf,
  standIn,
  type AbortOptions,
  type PeerStatus,
  type Unsubscribe,
} from '@bzzz/base'
import type { DHT } from '@bzzz/dht-core'
import { diskViewStorage, Libp2pDHT, memoryViewStorage, type ViewStorage } from '@bzzz/dht-libp2p'
import type { RealSide } from '@bzzz/hybrid'
import { Libp2pHost } from '@bzzz/libp2p-host'
import type { Store } from '@bzzz/store'
import { NodeDisk } from '@bzzz/store/node'
import { fetchIdentity } from '../bootstrap/fetch-identity.js'
import { BootstrapKeeper, type BootstrapStatus } from '../bootstrap/keeper.js'
import type { BackendConfig, ComposeMeans } from './means.js'
import { PartsGroup } from './parts-group.js'

export interface RealNodesOptions {
  readonly config: BackendConfig
  readonly means: ComposeMeans
  readonly store: Store
  readonly psk: Uint8Array | undefined
}

/** What speaks to peers, from its start to its stop. */
interface Running {
  readonly host: Libp2pHost
  readonly keeper: BootstrapKeeper
  readonly unsubscribe: Unsubscribe
}

/** Addresses without the id at their end: what a list shared by all nodes states. */
const isAmong = (address: string, own: readonly string[]): boolean =>
  own.some((each) => each.replace(/\/p2p\/[^/]+$/, '') === address.replace(/\/p2p\/[^/]+$/, ''))

/**
 * Connects to a member that another one told of. Not only when a request needs it: from then on
 * heartbeats tell whether it is there, before a request has to find out.
 */
const meet = async (
  host: Libp2pHost,
  peerId: string,
  addresses: readonly string[],
): Promise<void> => {
  await host.addAddresses(peerId, addresses)
  const isConnected = host
    .peers()
    .some((peer) => peer.peerId === peerId && peer.state !== 'disconnected')
  if (!isConnected) await Promise.any(addresses.map((address) => host.dial(address)))
}

/**
 * Makes the libp2p side anew whenever the mesh is entered: host, DHT and bootstrap, which start and
 * end together. What is asked of it is answered by the one that runs now.
 */
export class RealNodes {
  readonly #options: RealNodesOptions
  readonly #events: Emitter<{ peer: undefined }>
  /** As long as the store's: a mesh that was left is not forgotten, nor another one founded beside it. */
  readonly #viewStorage: ViewStorage
  #running: Running | undefined

  constructor(options: RealNodesOptions) {
    this.#options = options
    const { store, means } = options
    const { path, membersName } = means.directory
    this.#viewStorage =
      store.durability === 'memory'
        ? memoryViewStorage()
        : diskViewStorage(new NodeDisk(path), membersName)
    this.#events = new Emitter((error) => {
      options.means.log.error('a listener of the peers failed', { error })
    })
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  peers(): readonly PeerStatus[] {
    return this.#running?.host.peers() ?? []
  }

  addresses(): readonly string[] {
    return this.#running?.host.addresses() ?? []
  }

  bootstrap(): readonly BootstrapStatus[] {
    return this.#running?.keeper.status() ?? []
  }

  /** Outlasts the node that runs now. */
  onPeerChange(listener: () => void): Unsubscribe {
    return this.#events.on('peer', listener)
  }

  /** A new one, not started. */
  make(): RealSide<DHT> {
    const { log } = this.#options.means
    const host = this.#createHost()
    const dht: Libp2pDHT = this.#createDht(host, () => keeper.expectsOthers())
    const keeper: BootstrapKeeper = this.#createKeeper(host)
    const group = new PartsGroup({
      name: 'the libp2p side',
      parts: [host, dht, keeper],
      onStarted: () => {
        this.#enter(host, keeper)
      },
      onFailed: (error) => {
        log.warn('the libp2p side did not start', { error: messageOf(error) })
      },
      onStopping: () => {
        this.#leave()
      },
    })
    const port = standIn<DHT>(dht, {
      start: (options) => group.start(options as AbortOptions | undefined),
      stop: () => group.stop(),
    })
    Object.defineProperty(port, Symbol.asyncDispose, { value: () => group.stop() })
    return {
      port,
      reach: dht.reach,
      confirm: (keys, options) => dht.confirm(keys, options),
      copyAll: (options) => dht.copyAll(options),
      isAlone: () => dht.isAlone() && !keeper.expectsOthers(),
    }
  }

  #enter(host: Libp2pHost, keeper: BootstrapKeeper): void {
    const unsubscribe = host.onPeerChange(() => {
      this.#events.emit('peer', undefined)
    })
    this.#running = { host, keeper, unsubscribe }
    this.#events.emit('peer', undefined)
  }

  #leave(): void {
    this.#running?.unsubscribe()
    this.#running = undefined
    this.#events.emit('peer', undefined)
  }

  #createHost(): Libp2pHost {
    const { config, psk, means } = this.#options
    const { identity, clock, random, log } = means
    const { libp2pAllowPeers } = config
    return new Libp2pHost({
      seed: identity.seed,
      listen: config.libp2pListen,
      allowPeers: libp2pAllowPeers.length === 0 ? undefined : libp2pAllowPeers,
      psk,
      clock,
      random,
      onEvent: ({ level, message, error, peerId }) => {
        log[level](message, { peerId, ...(error !== undefined && { error: messageOf(error) }) })
      },
    })
  }

  #createDht(host: Libp2pHost, expectsOthers: () => boolean): Libp2pDHT {
    const { config, store, means } = this.#options
    const { clock, random, log } = means
    return new Libp2pDHT({
      transport: host,
      store,
      signer: host.signer,
      contacts: {
        own: () => host.addresses(),
        learnt: (peerId, addresses) => {
          meet(host, peerId, addresses).catch((error: unknown) => {
            log.info('a member was not reached', { peerId, error: messageOf(error) })
          })
        },
      },
      viewStorage: this.#viewStorage,
      // Told of others, it is no mesh of its own: else two newcomers could found one beside theirs.
      mustJoin: expectsOthers,
      clock,
      random,
      replicas: config.dhtReplicas,
      timeoutMs: config.dhtTimeoutMs,
      // The hybrid sends what this node owes, in its own order.
      pumpsDirty: false,
      onListenerError: (error) => {
        log.error('a listener of the DHT failed', { error })
      },
    })
  }

  #createKeeper(host: Libp2pHost): BootstrapKeeper {
    const { config, means } = this.#options
    return new BootstrapKeeper({
      entries: config.dhtBootstrapNodes,
      means: {
        selfId: host.peerId,
        dial: async (address, signal) =>
          isAmong(address, host.addresses()) ? host.peerId : host.dial(address, { signal }),
        fetchIdentity,
      },
      peers: () => host.peers(),
      onPeerChange: (listener) => host.onPeerChange(listener),
      clock: means.clock,
      random: means.random,
    })
  }
}
