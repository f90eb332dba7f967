import type { PeerState, PeerStatus, RequestHandler, Unsubscribe } from '@bzzz/base'
import type { ProcessGate } from './process-gate.js'

interface Seen {
  state: PeerState
  rttMs: number
}

/** A request that waits for its answer. */
export interface Pending {
  readonly to: string
  /** The connection broke. */
  readonly broken: () => void
}

/** One incarnation of a peer on the simulated network. A restart makes a new one. */
export class Endpoint {
  readonly peerId: string
  readonly gate: ProcessGate
  readonly pending: Set<Pending> = new Set()
  readonly handlers: Map<string, RequestHandler> = new Map()
  readonly #seen = new Map<string, Seen>()
  readonly #listeners = new Set<(peer: PeerStatus) => void>()

  constructor(peerId: string, gate: ProcessGate) {
    this.peerId = peerId
    this.gate = gate
  }

  stateOf(peerId: string): PeerState | undefined {
    return this.#seen.get(peerId)?.state
  }

  peers(): PeerStatus[] {
    return Array.from(this.#seen.keys(), (peerId) => this.#status(peerId))
  }

  onPeerChange(listener: (peer: PeerStatus) => void): Unsubscribe {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  see(peerId: string, state: PeerState, rttMs: number): void {
    if (this.stateOf(peerId) === state) return
    this.#seen.set(peerId, { state, rttMs })
    for (const listener of Array.from(this.#listeners)) listener(this.#status(peerId))
  }

  #status(peerId: string): PeerStatus {
    const seen = this.#seen.get(peerId)
    return {
      peerId,
      state: seen?.state ?? 'disconnected',
      rttMs: seen?.rttMs,
      addresses: [`/sim/${peerId}`],
    }
  }
}
