import { isCovered } from './coverage.js';
/** Between two rounds while members are missing, milliseconds. */
const ROUND_MS = 100;
/**
 * Brings a joining node to the point where its answers count: each member acknowledges the view
 * with the newcomer in it, and hands over what it holds of the newcomer's buckets.
 */
export class Joining {
    #options;
    #covered = new Map();
    #running = new Set();
    #cancel;
    #isStopped = false;
    constructor(options) {
        this.#options = options;
    }
    /** Goes on, if anything is pending. Safe to call at any time. */
    wake() {
        const { membership, self, states } = this.#options;
        if (this.#isStopped || membership.isCounted)
            return;
        for (const peer of membership.view.members.keys())
            if (peer !== self && !this.#covered.has(peer) && states.of(peer) !== 'disconnected')
                void this.#cover(peer);
        void this.#conclude();
        this.#cancel?.();
        const delayMs = ROUND_MS * (0.5 + this.#options.random.next());
        this.#cancel = this.#options.clock.setTimer(() => {
            this.wake();
        }, delayMs);
    }
    stop() {
        this.#isStopped = true;
        this.#cancel?.();
    }
    async #cover(peer) {
        if (this.#running.has(peer))
            return;
        this.#running.add(peer);
        try {
            const { membership, catchUp, self } = this.#options;
            const state = await membership.exchange(peer);
            await catchUp.with(peer, membership.placement.bucketsOf(self), false);
            const hasLost = state.pending.some(({ ids, isLost }) => isLost && ids.includes(peer));
            this.#covered.set(peer, { id: peer, hasLost });
        }
        catch {
            // The next round asks again.
        }
        finally {
            this.#running.delete(peer);
        }
        await this.#conclude();
    }
    async #conclude() {
        const { membership, replicas, self } = this.#options;
        const { pending } = membership;
        if (this.#isStopped || pending.length === 0)
            return;
        const buckets = membership.placement.bucketsOf(self);
        const covered = [...this.#covered.values()];
        if (isCovered({ self, buckets, pending, covered, replicas }))
            await membership.covered(pending);
    }
}
