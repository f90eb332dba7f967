/** Keys that conditional writes hold on this replica, each for a bounded time. */
export class Locks {
    #clock;
    #max;
    #locks = new Map();
    constructor(clock, max) {
        this.#clock = clock;
        this.#max = max;
    }
    /** True when the operation has the key now. Asking again prolongs it. */
    take(key, opId, ttlMs) {
        if (!this.isFree(key, opId))
            return false;
        if (this.#locks.size >= this.#max)
            this.#sweep();
        if (this.#locks.size >= this.#max && !this.#locks.has(key))
            return false;
        this.#locks.set(key, { opId, untilMs: this.#clock.monotonicMs() + ttlMs });
        return true;
    }
    /** True when the operation may write the key: nobody has it, or this operation does. */
    isFree(key, opId) {
        if (this.#locks.size === 0)
            return true;
        const lock = this.#locks.get(key);
        if (lock === undefined || lock.opId === opId)
            return true;
        if (lock.untilMs > this.#clock.monotonicMs())
            return false;
        this.#locks.delete(key);
        return true;
    }
    /** True when the operation still has the key. */
    isHeld(key, opId) {
        const lock = this.#locks.get(key);
        return lock?.opId === opId && lock.untilMs > this.#clock.monotonicMs();
    }
    release(key, opId) {
        if (this.#locks.get(key)?.opId === opId)
            this.#locks.delete(key);
    }
    #sweep() {
        const nowMs = this.#clock.monotonicMs();
        for (const [key, { untilMs }] of this.#locks)
            if (untilMs <= nowMs)
                this.#locks.delete(key);
    }
}
