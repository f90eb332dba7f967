/** Deadlines may fire this much late, milliseconds: the price of one timer for all of them. */
const SLACK_MS = 5;
/** Deadlines of all operations of a node, under one timer. */
export class Deadlines {
    #clock;
    #entries = new Set();
    #cancel;
    #wakesMs = Infinity;
    constructor(clock) {
        this.#clock = clock;
    }
    /** Calls back once after `delayMs`, unless cancelled. */
    add(delayMs, expired) {
        const entry = { dueMs: this.#clock.monotonicMs() + delayMs, expired };
        this.#entries.add(entry);
        if (entry.dueMs < this.#wakesMs)
            this.#wakeAt(entry.dueMs);
        return () => {
            this.#entries.delete(entry);
        };
    }
    /** Forgets everything. */
    clear() {
        this.#cancel?.();
        this.#entries.clear();
        this.#wakesMs = Infinity;
    }
    #wakeAt(dueMs) {
        this.#cancel?.();
        this.#wakesMs = dueMs;
        const delayMs = Math.max(0, dueMs - this.#clock.monotonicMs());
        this.#cancel = this.#clock.setTimer(() => {
            this.#sweep();
        }, delayMs);
    }
    #sweep() {
        const nowMs = this.#clock.monotonicMs();
        this.#wakesMs = Infinity;
        let nextMs = Infinity;
        const due = [];
        for (const entry of this.#entries) {
            if (entry.dueMs <= nowMs)
                due.push(entry);
            else
                nextMs = Math.min(nextMs, entry.dueMs);
        }
        if (nextMs < Infinity)
            this.#wakeAt(Math.max(nextMs, nowMs + SLACK_MS));
        for (const entry of due)
            if (this.#entries.delete(entry))
                entry.expired();
    }
}
