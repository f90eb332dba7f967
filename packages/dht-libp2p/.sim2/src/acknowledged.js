import { compareVersions } from '@bzzz/base';
/**
 * The newest version of each key that this node's own writes reached a quorum with, of late. An
 * earlier write of the node that is still open stands behind it. Bounded: what was forgotten
 * leaves such a write pending.
 */
export class Acknowledged {
    #max;
    #versions = new Map();
    constructor(max) {
        this.#max = max;
    }
    note(key, version) {
        const known = this.#versions.get(key);
        const isLater = known === undefined || compareVersions(version, known) > 0;
        this.#versions.delete(key);
        this.#versions.set(key, isLater ? version : known);
        if (this.#versions.size <= this.#max)
            return;
        for (const oldest of this.#versions.keys()) {
            this.#versions.delete(oldest);
            break;
        }
    }
    /** True when a later write of this node than this version is known to be at a quorum. */
    isAfter(key, version) {
        const known = this.#versions.get(key);
        return known !== undefined && compareVersions(known, version) > 0;
    }
}
