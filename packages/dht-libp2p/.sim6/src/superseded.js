import { compareVersions } from '@bzzz/base';
const nameOf = (key, version) => `${version.wallMs}.${version.counter}.${version.writer}/${key}`;
/**
 * Versions that this replica held and then replaced. A writer that is refused must know whether
 * its version was ever held: readers may have seen it then, and a second stamp would let the same
 * write take effect twice. Bounded and in memory, so it also says when it cannot tell.
 */
export class Superseded {
    #max;
    #names = new Map();
    /** Nothing stamped up to here is remembered for certain. */
    #forgottenUntilMs = 0;
    constructor(max) {
        this.#max = max;
    }
    /**
     * Tells that nothing is certain about what was stamped up to this time: this replica ran before,
     * or it took the place of others that held what it never saw.
     */
    forgetUntil(wallMs) {
        this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, wallMs);
    }
    /** Tells that a replica's record was replaced by a newer one. */
    note(key, version) {
        this.#names.set(nameOf(key, version), version.wallMs);
        if (this.#names.size <= this.#max)
            return;
        for (const [name, wallMs] of this.#names) {
            this.#names.delete(name);
            this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, wallMs);
            break;
        }
    }
    held(key, version, newest) {
        if (compareVersions(version, newest) === 0 || this.#names.has(nameOf(key, version)))
            return 'before';
        return version.wallMs <= this.#forgottenUntilMs ? 'unknown' : 'never';
    }
}
