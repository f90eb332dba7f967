import type { AbortOptions } from './abort.js'
import type { Unsubscribe } from './events.js'

/**
 * - `connected`: the last heartbeat came in time.
 * - `suspect`: heartbeats are missing; avoid it, but nothing is decided.
 * - `disconnected`: there is no connection.
 */
export type PeerState = 'connected' | 'suspect' | 'disconnected'

export interface PeerStatus {
  readonly peerId: string
  readonly state: PeerState
  /** Smoothed round-trip time, milliseconds; undefined before the first answer. */
  readonly rttMs?: number | undefined
  readonly addresses: readonly string[]
}

export interface RequestOptions extends AbortOptions {
  /** Give up with `TIMEOUT` after this long. */
  readonly deadlineMs: number
}

/** Answers one request. What it throws reaches the caller as an error with the same code. */
export type RequestHandler = (payload: Uint8Array, from: string) => Uint8Array | Promise<Uint8Array>

/**
 * Requests between peers that know each other. Implemented over libp2p streams and by the
 * simulated network, so that protocols are written once and simulated with seeds.
 */
export interface PeerTransport {
  readonly peerId: string
  /** Peers met so far, without this node. */
  peers(): readonly PeerStatus[]
  /**
   * Sends one request and awaits its answer. Rejects with `TIMEOUT`, `PEER_UNREACHABLE`, `ABORTED`, or the code that
   * the handler threw. The payload must not change until the call settles.
   */
  request(
    peerId: string,
    protocol: string,
    payload: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array>
  /** Serves a protocol. One handler per protocol. */
  handle(protocol: string, handler: RequestHandler): Unsubscribe
  /** Calls back whenever a peer's state changes. */
  onPeerChange(listener: (peer: PeerStatus) => void): Unsubscribe
}
