import { BUCKETS, BUCKETS_PER_GROUP, GROUPS, HEADS_PAGE_MAX } from './limits.js';
import { BITMAP_BYTES } from './wire/request.js';
/** The buckets as a bitmap of all 4,096. */
export const bitmapOf = (buckets) => {
    const bits = new Uint8Array(BITMAP_BYTES);
    for (const bucket of buckets)
        bits[bucket >>> 3] = (bits[bucket >>> 3] ?? 0) | (1 << (bucket & 7));
    return bits;
};
/** The part of a bitmap that belongs to one group. */
export const groupPart = (bits, group) => {
    const bytes = BUCKETS_PER_GROUP / 8;
    return bits.subarray(group * bytes, (group + 1) * bytes);
};
/** The buckets that a bitmap names, by group; of the one group alone when it is a group's bitmap. */
export const bucketsIn = (bits, group) => {
    const out = Array.from({ length: group === undefined ? GROUPS : 1 }, () => []);
    const first = (group ?? 0) * BUCKETS_PER_GROUP;
    const count = group === undefined ? BUCKETS : BUCKETS_PER_GROUP;
    for (let i = 0; i < count; i++)
        if (((bits[i >>> 3] ?? 0) >>> (i & 7)) & 1)
            out[Math.floor(i / BUCKETS_PER_GROUP)]?.push(first + i);
    return out;
};
const byKey = (a, b) => (a.key < b.key ? -1 : 1);
/** One page of the heads of some buckets, in the order of bucket and key. */
export const headsPage = (store, from) => {
    const [buckets = []] = bucketsIn(from.buckets, from.group);
    const afterBucket = from.after === '' ? -1 : store.bucketOf(from.after);
    const heads = [];
    for (const bucket of buckets) {
        if (bucket < afterBucket)
            continue;
        const sorted = Array.from(store.heads(bucket)).toSorted(byKey);
        for (const { key, version } of sorted) {
            if (bucket === afterBucket && key <= from.after)
                continue;
            if (heads.length >= HEADS_PAGE_MAX)
                return { heads, hasMore: true };
            heads.push({ key, version });
        }
    }
    return { heads, hasMore: false };
};
