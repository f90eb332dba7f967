import type { PeerState, PeerTransport, Unsubscribe } from '@bzzz/base'

/** The last known state of each peer, without asking the transport for its list. */
export class PeerStates {
  readonly #states = new Map<string, PeerState>()
  readonly #transport: PeerTransport
  #unsubscribe: Unsubscribe | undefined

  constructor(transport: PeerTransport) {
    this.#transport = transport
  }

  /** Calls back with each peer that is, or becomes, connected. */
  start(onConnected: (peerId: string) => void): void {
    this.#unsubscribe = this.#transport.onPeerChange(({ peerId, state }) => {
      const before = this.#states.get(peerId)
      this.#states.set(peerId, state)
      if (state === 'connected' && before !== 'connected') onConnected(peerId)
    })
    for (const { peerId, state } of this.#transport.peers()) {
      this.#states.set(peerId, state)
      if (state === 'connected') onConnected(peerId)
    }
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
