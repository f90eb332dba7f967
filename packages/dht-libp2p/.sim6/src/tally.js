import { quorumOf } from '@bzzz/base';
const OPEN = { kind: 'open' };
const REACHED = { kind: 'reached' };
/**
 * Counts the answers to one stamp of one write. Pure: the decision alone.
 *
 * A stamp may only be given up when so many replicas refused it without ever having held it that
 * no quorum holds it, held it, or will hold it: else a reader may have seen it, and a second stamp
 * would let one write take effect twice. A replica that held it and then took a newer one counts
 * as one that holds it: the newer write came after.
 */
export class Tally {
    #replicas;
    #need;
    /** Replicas that hold the stamp, or held it: counted ones. */
    #took = new Set();
    #never = new Set();
    #above;
    /** @param need replicas that the level asks for */
    constructor(replicas, need) {
        this.#replicas = replicas;
        this.#need = need;
    }
    /** This node itself holds the write. */
    holds(peer) {
        this.#never.delete(peer);
        this.#took.add(peer);
    }
    note(peer, result) {
        if (result.outcome === 'stored' || result.outcome === 'known')
            this.holds(peer);
        if (result.outcome !== 'newer')
            return;
        if (this.#above === undefined || isAfter(result.newest, this.#above))
            this.#above = result.newest;
        if (result.held === 'before')
            this.holds(peer);
        else if (result.held === 'never' && !this.#took.has(peer))
            this.#never.add(peer);
    }
    get state() {
        const quorum = quorumOf(this.#replicas);
        // Once a quorum holds the stamp, a replica with a newer one holds what came after it.
        const isChosen = this.#took.size >= quorum;
        const held = isChosen ? this.#took.size + this.#never.size : this.#took.size;
        if (held >= this.#need)
            return REACHED;
        if (this.#above !== undefined && this.#never.size > this.#replicas - quorum)
            return { kind: 'restamp', above: this.#above };
        return OPEN;
    }
}
const isAfter = (a, b) => a.wallMs !== b.wallMs
    ? a.wallMs > b.wallMs
    : a.counter !== b.counter
        ? a.counter > b.counter
        : a.writer > b.writer;
