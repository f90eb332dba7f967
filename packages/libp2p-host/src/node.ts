import { utf8, toHex } from '@bzzz/base'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { joinedWrites } from './joined-writes.js'
import { DIAL_MS, STREAM_OPEN_MS, STREAM_WINDOW_BYTES } from './limits.js'
import { limitedWebSockets } from './web-sockets.js'

/** What runs on the node besides our own protocols. */
export type HostServices = {
  readonly identify: Identify
  readonly ping: Ping
  readonly dht: KadDHT
  readonly pubsub: GossipSub
}

export interface NodeOptions {
  readonly seed: Uint8Array
  readonly listen: readonly string[]
  readonly psk: Uint8Array | undefined
  readonly connectionsMax: number
  readonly gater: ConnectionGater
}

/** A peer that sends nothing for this long on a socket, not even a heartbeat, is gone. */
const SOCKET_IDLE_MS = 60_000

/** Streams of one connection: our protocols, kad-dht's one per query, and room to spare. */
const STREAMS_MAX = 64

const refuse = (): never => {
  throw new Error('values are not kept in kad-dht')
}

/** Creates the libp2p node, not started. Every limit that libp2p leaves wide is set here. */
export const createNode = async (options: NodeOptions): Promise<Libp2p<HostServices>> => {
  const { psk, connectionsMax } = options
  return createLibp2p<HostServices>({
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', options.seed),
    addresses: { listen: [...options.listen] },
    transports: [
      tcp({
        maxConnections: connectionsMax,
        inboundSocketInactivityTimeout: SOCKET_IDLE_MS,
        outboundSocketInactivityTimeout: SOCKET_IDLE_MS,
      }),
      limitedWebSockets(connectionsMax),
    ],
    // The dialler proposes in this order: TLS moves three times the messages of noise; a browser
    // has only noise.
    connectionEncrypters: [joinedWrites(tls()), noise()],
    streamMuxers: [muxer()],
    connectionGater: options.gater,
    ...(psk === undefined ? {} : { connectionProtector: preSharedKey({ psk: swarmKey(psk) }) }),
    connectionManager: connectionManager(connectionsMax),
    // It aborts every connection when a ping is late under load; the host has its own detector.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      dht: kademlia(),
      pubsub: pubsub(),
    },
  })
}

// The window never grows over the buffer, so that a paused stream fills up instead of being reset.
const muxer = (): ReturnType<typeof yamux> =>
  yamux({
    maxInboundStreams: STREAMS_MAX,
    maxOutboundStreams: STREAMS_MAX,
    enableKeepAlive: false,
    streamOptions: {
      initialStreamWindowSize: STREAM_WINDOW_BYTES,
      maxStreamWindowSize: STREAM_WINDOW_BYTES,
      maxReadBufferLength: STREAM_WINDOW_BYTES,
      maxWriteBufferLength: 16 * STREAM_WINDOW_BYTES,
    },
  })

const connectionManager = (connectionsMax: number) => ({
  maxConnections: connectionsMax,
  // Pace and places per address are the gater's, which knows loopback from the rest.
  inboundConnectionThreshold: Number.MAX_SAFE_INTEGER,
  maxIncomingPendingConnections: Math.max(8, Math.floor(connectionsMax / 2)),
  maxParallelDials: 16,
  maxPeerAddrsToDial: 16,
  dialTimeout: DIAL_MS,
  addressDialTimeout: DIAL_MS,
  inboundUpgradeTimeout: DIAL_MS,
  inboundStreamProtocolNegotiationTimeout: STREAM_OPEN_MS,
  outboundStreamProtocolNegotiationTimeout: STREAM_OPEN_MS,
  connectionCloseTimeout: 500,
  // The host dials again by itself, faster and for longer.
  reconnectRetries: 0,
})

const kademlia = (): ReturnType<typeof kadDHT> =>
  kadDHT({
    protocol: '/bzzz/kad/1.0.0',
    // Its defaults ignore private addresses, and stay a client on them: no routing table ever.
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    // The first query waits for this one.
    initialQuerySelfInterval: 10,
    networkDialTimeout: { minTimeout: 50, maxTimeout: 1_000 },
    maxInboundStreams: 16,
    maxOutboundStreams: 16,
    // It finds peers. Namespaces without a validator are refused anyway; `pk` is built in.
    validators: { pk: refuse },
  })

const pubsub = (): ReturnType<typeof gossipsub> =>
  gossipsub({
    // Each hop is authenticated, and records carry their own signatures; signing again costs 3.6 ×.
    globalSignaturePolicy: 'StrictNoSign',
    fallbackToFloodsub: false,
    // No port uses topics yet.
    allowedTopics: [],
    allowPublishToZeroTopicPeers: true,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: STREAM_WINDOW_BYTES,
    maxOutboundBufferSize: 16 * STREAM_WINDOW_BYTES,
    maxTopicBytesPerPeer: 64 * 1024,
  })

/** The text form that libp2p and go-ipfs share. */
const swarmKey = (psk: Uint8Array): Uint8Array =>
  utf8(`/key/swarm/psk/1.0.0/\n/base16/\n${toHex(psk)}`)
