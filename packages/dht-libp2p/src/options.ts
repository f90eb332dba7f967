import type { Clock, PeerTransport, Random } from '@bzzz/base'
import { baseError, systemClock, systemRandom } from '@bzzz/base'
import type { Signer } from '@bzzz/crypto'
import type { Store } from '@bzzz/store'
import type { Contacts } from './membership.js'
import { memoryViewStorage, type ViewStorage } from './view-storage.js'

export interface Libp2pDHTOptions {
  /** Carries requests between peers: a `Libp2pHost`, or a simulated network. */
  readonly transport: PeerTransport
  /** This node's store, started; its writer is the transport's peer id. Not stopped by the DHT. */
  readonly store: Store
  /** Signs this node's records; its peer id is the transport's. */
  readonly signer: Signer
  /**
   * Keeps the membership over restarts. Required to be durable where the store is. Default: in
   * memory, so that a restarted node counts as one that lost its data until it has caught up.
   */
  readonly viewStorage?: ViewStorage | undefined
  /** Exchanges addresses of members with the host. Default: the host knows them otherwise. */
  readonly contacts?: Contacts | undefined
  /** Whether a peer that speaks the protocol becomes a member. Default: every one does. */
  readonly admit?: ((peerId: string) => boolean) | undefined
  /**
   * Whether the node is meant to join others, asked as long as it knows of none: then reads at a
   * quorum are unavailable and writes pending until it has met one. Default: it is not, and a node
   * that never met another is a mesh of its own.
   */
  readonly mustJoin?: (() => boolean) | undefined
  /** Replicas of each key. Equal on all members. Default 3. */
  readonly replicas?: number | undefined
  /** Longest wait of a call that names none, milliseconds. Default 2,000. */
  readonly timeoutMs?: number | undefined
  /** Longest wait for one answer of one peer before it is asked again, milliseconds. Default 500. */
  readonly tryMs?: number | undefined
  /**
   * Whether this node sends by itself what its store marks as not replicated, from the start on. False
   * for a hybrid, which does so in its own order. Default true.
   */
  readonly pumpsDirty?: boolean | undefined
  /** Mean time between two comparisons with a random peer, milliseconds. Default 10,000. */
  readonly compareEveryMs?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Default: the system's. */
  readonly random?: Random | undefined
  /** Hears what a listener of `onChange` throws. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
  /**
   * Hears of a record of this node's store that cannot be read, and so is not sent on: once for each
   * (`STORE_DAMAGED`). Default: nobody.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

export type Resolved = {
  readonly [K in keyof Libp2pDHTOptions]-?: K extends 'contacts'
    ? Contacts | undefined
    : NonNullable<Libp2pDHTOptions[K]>
}

/** Fills in defaults. Throws `INVALID_ARGUMENT`. */
export const resolveOptions = (options: Libp2pDHTOptions): Resolved => {
  const { transport, store, signer } = options
  if (signer.peerId !== transport.peerId || store.writer !== transport.peerId)
    throw baseError(
      'INVALID_ARGUMENT',
      `transport, signer and store must belong to one peer, not to ${transport.peerId}, ${signer.peerId} and ${store.writer}`,
    )
  return {
    transport,
    store,
    signer,
    viewStorage: options.viewStorage ?? memoryViewStorage(),
    contacts: options.contacts,
    admit: options.admit ?? (() => true),
    mustJoin: options.mustJoin ?? (() => false),
    replicas: within('replicas', options.replicas ?? 3, 1, 15),
    timeoutMs: within('timeoutMs', options.timeoutMs ?? 2000, 1, 600_000),
    tryMs: within('tryMs', options.tryMs ?? 500, 1, 60_000),
    pumpsDirty: options.pumpsDirty ?? true,
    compareEveryMs: within('compareEveryMs', options.compareEveryMs ?? 10_000, 10, 86_400_000),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    onListenerError: options.onListenerError ?? (() => {}),
    onError: options.onError ?? (() => {}),
  }
}

const within = (name: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw baseError(
    'INVALID_ARGUMENT',
    `${name} is ${value}; it must be an integer from ${min} to ${max}`,
  )
}
