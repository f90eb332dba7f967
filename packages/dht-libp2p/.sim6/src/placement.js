import { concatBytes } from '@bzzz/base';
import { publicKeyOf, sha256 } from '@bzzz/crypto';
import { BUCKETS } from './limits.js';
/** What stands before the key in the binary form of an ed25519 peer id. */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
/** Where Kademlia puts a peer: the hash of its binary id. Throws for what is no peer id. */
const pointOf = (id) => ({
    id,
    hash: sha256(concatBytes([PEER_ID_PREFIX, publicKeyOf(id)])),
});
/** Which of two hashed ids is XOR-closer to the bucket, read as a hash that ends in zeros. */
const compareDistance = (bucket, a, b) => {
    for (let i = 0; i < a.length; i++) {
        const target = i === 0 ? bucket >>> 4 : i === 1 ? (bucket & 15) << 4 : 0;
        const difference = ((a[i] ?? 0) ^ target) - ((b[i] ?? 0) ^ target);
        if (difference !== 0)
            return difference;
    }
    return 0;
};
/**
 * The replicas of each bucket among the members of one view: the closest ones, by the distance that
 * Kademlia uses. Found once per bucket, so that an operation neither hashes nor sorts.
 *
 * Of the members of a view that are replicas in a larger one, each was a replica before: growing
 * only ever displaces. The rules of joining rest on that.
 */
export class Placement {
    #points;
    #replicas;
    #found = Array.from({ length: BUCKETS });
    #bucketsOf = new Map();
    constructor(ids, replicas) {
        this.#points = Array.from(ids, pointOf);
        this.#replicas = replicas;
    }
    /** Ids of the replicas, closest first. */
    of(bucket) {
        return (this.#found[bucket] ??= this.#find(bucket));
    }
    /** True when the member is a replica of the bucket. */
    isReplica(id, bucket) {
        return this.of(bucket).includes(id);
    }
    /** The buckets of a member, ascending. */
    bucketsOf(id) {
        const known = this.#bucketsOf.get(id);
        if (known !== undefined)
            return known;
        const out = [];
        for (let bucket = 0; bucket < BUCKETS; bucket++)
            if (this.isReplica(id, bucket))
                out.push(bucket);
        this.#bucketsOf.set(id, out);
        return out;
    }
    #find(bucket) {
        if (this.#points.length === 1)
            return this.#points.map(({ id }) => id);
        return this.#points
            .toSorted((a, b) => compareDistance(bucket, a.hash, b.hash))
            .slice(0, this.#replicas)
            .map(({ id }) => id);
    }
}
