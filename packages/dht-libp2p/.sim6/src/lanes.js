import { DRAIN_EVERY_MS, DRAIN_MAX } from './limits.js';
/** First wait before a peer that failed is tried again, milliseconds. */
const BACKOFF_MIN_MS = 20;
/** Longest wait: a peer that returns wakes its lane at once, so this only paces the hopeless. */
const BACKOFF_MAX_MS = 2000;
/**
 * What could not be sent to a peer waits in its lane: for the peer's return, or for a backoff with
 * full jitter. A lane is emptied in bounded portions, so that a returning peer is not buried.
 */
export class Lanes {
    #options;
    #lanes = new Map();
    constructor(options) {
        this.#options = options;
    }
    /** Items that wait, over all peers. */
    get size() {
        let size = 0;
        for (const { waiting } of this.#lanes.values())
            size += waiting.size;
        return size;
    }
    park(item, peer) {
        const lane = this.#lane(peer);
        lane.waiting.add(item);
        if (lane.cancel !== undefined)
            return;
        const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** lane.failures);
        lane.failures = Math.min(lane.failures + 1, 16);
        this.#drainAfter(peer, lane, BACKOFF_MIN_MS / 2 + this.#options.random.next() * ceilingMs);
    }
    /** The peer is back. */
    wake(peer) {
        const lane = this.#lanes.get(peer);
        if (lane === undefined)
            return;
        lane.failures = 0;
        if (lane.waiting.size > 0)
            this.#drainAfter(peer, lane, 0);
    }
    /** The peer answered. */
    succeeded(peer) {
        const lane = this.#lanes.get(peer);
        if (lane === undefined)
            return;
        lane.failures = 0;
        if (lane.waiting.size > 0 && lane.cancel === undefined)
            this.#drainAfter(peer, lane, DRAIN_EVERY_MS);
    }
    remove(item, peer) {
        this.#lanes.get(peer)?.waiting.delete(item);
    }
    clear() {
        for (const lane of this.#lanes.values())
            lane.cancel?.();
        this.#lanes.clear();
    }
    #drainAfter(peer, lane, delayMs) {
        lane.cancel?.();
        lane.cancel = this.#options.clock.setTimer(() => {
            lane.cancel = undefined;
            this.#drain(peer, lane);
        }, delayMs);
    }
    #drain(peer, lane) {
        let count = 0;
        for (const item of Array.from(lane.waiting)) {
            if (++count > DRAIN_MAX)
                break;
            lane.waiting.delete(item);
            this.#options.resend(item, peer);
        }
        // The next portion follows when the peer answers; one that fails comes back through park().
    }
    #lane(peer) {
        const known = this.#lanes.get(peer);
        if (known !== undefined)
            return known;
        const lane = { waiting: new Set(), failures: 0, cancel: undefined };
        this.#lanes.set(peer, lane);
        return lane;
    }
}
