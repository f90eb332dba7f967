/** The last known state of each peer, without asking the transport for its list. */
export class PeerStates {
    #states = new Map();
    #transport;
    #unsubscribe;
    constructor(transport) {
        this.#transport = transport;
    }
    /** Calls back with each peer that is, or becomes, connected. */
    start(onConnected) {
        this.#unsubscribe = this.#transport.onPeerChange(({ peerId, state }) => {
            const before = this.#states.get(peerId);
            this.#states.set(peerId, state);
            if (state === 'connected' && before !== 'connected')
                onConnected(peerId);
        });
        for (const { peerId, state } of this.#transport.peers()) {
            this.#states.set(peerId, state);
            if (state === 'connected')
                onConnected(peerId);
        }
    }
    stop() {
        this.#unsubscribe?.();
    }
    of(peerId) {
        return this.#states.get(peerId) ?? 'disconnected';
    }
    /** Ids of the peers that are connected now. */
    get connected() {
        return [...this.#states].filter(([, state]) => state === 'connected').map(([peer]) => peer);
    }
    isConnected(peerId) {
        return this.#states.get(peerId) === 'connected';
    }
}
