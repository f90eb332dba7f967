import type { Clock, Random } from '@bzzz/base'

/** What happened inside the host; never holds a key or a payload. */
export interface HostEvent {
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
  readonly peerId?: string | undefined
  readonly error?: unknown
}

export interface Libp2pHostOptions {
  /** Ed25519 seed, 32 bytes, as `loadIdentity` returns it. */
  readonly seed: Uint8Array
  /** Multiaddrs to listen on. Default `['/ip4/127.0.0.1/tcp/0']`; WebSocket: `/ip4/127.0.0.1/tcp/0/ws`. */
  readonly listen?: readonly string[] | undefined
  /** Multiaddrs of first contacts, with or without `/p2p/<id>`; dialled again while not connected. Default none. */
  readonly bootstrap?: readonly string[] | undefined
  /** When given, only these peer ids may connect or be dialled. Default: anyone. */
  readonly allowPeers?: readonly string[] | undefined
  /** Private network key, 32 bytes: peers without it cannot even begin a handshake. Default none. */
  readonly psk?: Uint8Array | undefined
  /** Connections at most, both directions. Default 64. */
  readonly connectionsMax?: number | undefined
  /** Inbound connections at most, and new ones per second, per remote IP. Default 8; 64 on loopback. */
  readonly connectionsPerIpMax?: number | undefined
  /** Interval of heartbeats, milliseconds. Default 50. */
  readonly heartbeatMs?: number | undefined
  /** Silence after which a peer is `suspect`, milliseconds. Default 150: with a tick of 25, at most 175. */
  readonly suspectAfterMs?: number | undefined
  /** Bytes queued for one peer at most, before `PEER_BUSY`. Default 8 MiB. */
  readonly queuedBytesMax?: number | undefined
  /** Requests of one peer being served at once at most, all protocols together. Default 1,024. */
  readonly servingMax?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Default: the system's. */
  readonly random?: Random | undefined
  /** Default: nothing is logged. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined
}
