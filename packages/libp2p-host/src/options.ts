import { systemClock, systemRandom, type Clock, type Random } from '@bzzz/base'
import { parseAddress, parsePeerId, peerIdIn } from './addresses.js'
import { hostError } from './errors.js'

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
  /** Requests of one peer and protocol being served at once at most; more wait at the peer. Default 256. */
  readonly servingMax?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Default: the system's. */
  readonly random?: Random | undefined
  /** Default: nothing is logged. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly seed: Uint8Array
  readonly listen: readonly string[]
  readonly bootstrap: readonly string[]
  readonly allowPeers: ReadonlySet<string> | undefined
  readonly psk: Uint8Array | undefined
  readonly connectionsMax: number
  readonly connectionsPerIpMax: number | undefined
  readonly heartbeatMs: number
  readonly suspectAfterMs: number
  readonly queuedBytesMax: number
  readonly servingMax: number
  readonly clock: Clock
  readonly random: Random
  readonly onEvent: (event: HostEvent) => void
}

const KEY_BYTES = 32

/** Fills in defaults. Throws `HOST_OPTION_INVALID` and `HOST_ADDRESS_INVALID`. */
export const resolveOptions = (options: Libp2pHostOptions): ResolvedOptions => {
  const { seed, psk, listen = ['/ip4/127.0.0.1/tcp/0'], bootstrap = [], allowPeers } = options
  requireBytes('seed', seed)
  if (psk !== undefined) requireBytes('psk', psk)
  for (const address of listen) parseAddress(address)
  for (const address of bootstrap) {
    const named = peerIdIn(parseAddress(address))
    if (named !== undefined) parsePeerId(named)
  }
  for (const peerId of allowPeers ?? []) parsePeerId(peerId)
  const heartbeatMs = within('heartbeatMs', options.heartbeatMs ?? 50, 10, 10_000)
  const perIpMax = options.connectionsPerIpMax
  return {
    seed: seed.slice(),
    listen: [...listen],
    bootstrap: [...bootstrap],
    allowPeers: allowPeers === undefined ? undefined : new Set(allowPeers),
    psk: psk?.slice(),
    connectionsMax: within('connectionsMax', options.connectionsMax ?? 64, 1, 10_000),
    connectionsPerIpMax:
      perIpMax === undefined ? undefined : within('connectionsPerIpMax', perIpMax, 1, 10_000),
    heartbeatMs,
    // Less than two intervals would accuse every peer that is a little late.
    suspectAfterMs: within(
      'suspectAfterMs',
      options.suspectAfterMs ?? 150,
      2 * heartbeatMs,
      60_000,
    ),
    queuedBytesMax: within('queuedBytesMax', options.queuedBytesMax ?? 8_388_608, 65_536, 2 ** 31),
    servingMax: within('servingMax', options.servingMax ?? 256, 1, 65_536),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    onEvent: options.onEvent ?? (() => {}),
  }
}

const requireBytes = (name: string, value: Uint8Array): void => {
  if (value.length === KEY_BYTES) return
  throw hostError('HOST_OPTION_INVALID', `${name} has ${value.length} bytes, not ${KEY_BYTES}`)
}

const within = (name: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw hostError('HOST_OPTION_INVALID', `${name} is ${value}; it must be ${min} to ${max}`)
}
