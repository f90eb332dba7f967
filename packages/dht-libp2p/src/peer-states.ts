import type { PeerState, PeerStatus, PeerTransport, Unsubscribe } from '@bzzz/base'

/** The last known state of each peer, without asking the transport for its list. */
export class PeerStates {
  readonly #states = new Map<string, PeerState>()
  readonly #transport: PeerTransport
  #unsubscribe: Unsubscribe | undefined

  constructor(transport: PeerTransport) {
    this.#transport = transport
  }

  /** Calls back with the state of each peer known now, and whenever one changes. */
  start(onState: (peerId: string, state: PeerState) => void): void {
    const note = ({ peerId, state }: PeerStatus): void => {
      if (this.#states.get(peerId) === state) return
      this.#states.set(peerId, state)
      onState(peerId, state)
    }
    this.#unsubscribe = this.#transport.onPeerChange(note)
    for (const peer of this.#transport.peers()) note(peer)
  }

  stop(): void {
    this.#unsubscribe?.()
  }

  of(peerId: string): PeerState {
    return this.#states.get(peerId) ?? 'disconnected'
  }

  /** Ids of the peers that are connected now. */
  get connected(): string[] {
    return [...this.#states].filter(([, state]) => state === 'connected').map(([peer]) => peer)
  }

  isConnected(peerId: string): boolean {
    return this.#states.get(peerId) === 'connected'
  }
}
