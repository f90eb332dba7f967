import { messageOf, type Clock, type Random, type Startable } from '@bzzz/base'
import type { CoordinatorConfig } from '@bzzz/config'
import { diskViewStorage, Libp2pDHT, memoryViewStorage } from '@bzzz/dht-libp2p'
import { MockDHT } from '@bzzz/dht-mock'
import { Libp2pHost } from '@bzzz/libp2p-host'
import { MemoryStore, type Store } from '@bzzz/store'
import { FileStore, NodeDisk } from '@bzzz/store/node'
import type { Backend } from './backend.js'
import { fetchIdentity } from './bootstrap/fetch-identity.js'
import { BootstrapKeeper } from './bootstrap/keeper.js'
import type { DataDirectory } from './data/data-directory.js'
import { readPskFile } from './data/psk-file.js'
import type { Log } from './log.js'

/** The settings that decide what a node is made of. */
export type BackendConfig = Pick<
  CoordinatorConfig,
  | 'dhtMode'
  | 'dhtBootstrapNodes'
  | 'dhtReplicas'
  | 'dhtTimeoutMs'
  | 'libp2pListen'
  | 'libp2pAllowPeers'
  | 'libp2pPskFile'
  | 'storeDurability'
  | 'storeCacheBytes'
>

export interface ComposeMeans {
  readonly directory: DataDirectory
  /** Ed25519 seed and the peer id that follows from it. */
  readonly identity: { readonly seed: Uint8Array; readonly peerId: string }
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const createStore = (config: BackendConfig, means: ComposeMeans): Store & Startable => {
  const { directory, identity, clock, random, log } = means
  const writer = identity.peerId
  const onListenerError = (error: unknown): void => {
    log.error('a listener of the store failed', { error })
  }
  return config.storeDurability === 'memory'
    ? new MemoryStore({ writer, clock, random, onListenerError })
    : new FileStore({
        writer,
        clock,
        random,
        onListenerError,
        directory: directory.storePath,
        cacheBytesMax: config.storeCacheBytes,
        onProblem: (error) => {
          log.error('the store met a problem', { error })
        },
      })
}

const composeEmbedded = (config: BackendConfig, means: ComposeMeans): Backend => {
  const store = createStore(config, means)
  const dht = new MockDHT({ store, clock: means.clock, random: means.random })
  return {
    kind: 'mock',
    peerId: means.identity.peerId,
    store,
    dht,
    parts: [store, dht],
    peers: () => [],
    onPeerChange: () => () => {},
    addresses: () => [],
    bootstrap: () => [],
  }
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

const composeReal = async (config: BackendConfig, means: ComposeMeans): Promise<Backend> => {
  const { directory, identity, clock, random, log } = means
  const store = createStore(config, means)
  const { libp2pPskFile, libp2pAllowPeers } = config
  const host = new Libp2pHost({
    seed: identity.seed,
    listen: config.libp2pListen,
    allowPeers: libp2pAllowPeers.length === 0 ? undefined : libp2pAllowPeers,
    psk: libp2pPskFile === undefined ? undefined : await readPskFile(libp2pPskFile),
    clock,
    random,
    onEvent: ({ level, message, error, peerId }) => {
      log[level](message, { peerId, ...(error !== undefined && { error: messageOf(error) }) })
    },
  })
  const dht = new Libp2pDHT({
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
    viewStorage:
      store.durability === 'memory'
        ? memoryViewStorage()
        : diskViewStorage(new NodeDisk(directory.path), directory.membersName),
    // Told of others, it is no mesh of its own: else two newcomers could found one beside theirs.
    mustJoin: () => keeper.expectsOthers(),
    clock,
    random,
    replicas: config.dhtReplicas,
    timeoutMs: config.dhtTimeoutMs,
    onListenerError: (error) => {
      log.error('a listener of the DHT failed', { error })
    },
  })
  const keeper: BootstrapKeeper = new BootstrapKeeper({
    entries: config.dhtBootstrapNodes,
    means: {
      selfId: host.peerId,
      dial: async (address, signal) =>
        isAmong(address, host.addresses()) ? host.peerId : host.dial(address, { signal }),
      fetchIdentity,
    },
    peers: () => host.peers(),
    onPeerChange: (listener) => host.onPeerChange(listener),
    clock,
    random,
  })
  return {
    kind: 'real',
    peerId: host.peerId,
    store,
    dht,
    parts: [store, host, dht, keeper],
    peers: () => host.peers(),
    onPeerChange: (listener) => host.onPeerChange(listener),
    addresses: () => host.addresses(),
    bootstrap: () => keeper.status(),
  }
}

/** The one place that names backends: makes the parts of a node, without starting them. */
export const compose = (config: BackendConfig, means: ComposeMeans): Promise<Backend> =>
  config.dhtMode.mode === 'mock'
    ? Promise.resolve(composeEmbedded(config, means))
    : composeReal(config, means)
