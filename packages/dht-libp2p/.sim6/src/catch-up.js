import { baseError, compareVersions, equalBytes } from '@bzzz/base';
import { digestOf } from '@bzzz/store';
import { ENTRIES_MAX } from './limits.js';
import { bitmapOf, bucketsIn, groupPart } from './ranges.js';
/** Keys per fetch: the answer is cut at 256 KiB anyway. */
const FETCH_MAX = 256;
const isSame = (a, b) => b !== undefined && a.count === b.count && equalBytes(a.hash, b.hash);
/**
 * Compares some buckets with a peer's by digest, from 16 groups down to single records, and fetches
 * what is newer there. One request at a time: it runs beside the traffic of callers.
 */
export class CatchUp {
    #options;
    constructor(options) {
        this.#options = options;
    }
    /** Rejects when the peer fails half-way; what was fetched until then stays. */
    async with(peer, buckets, isMutual) {
        const bits = bitmapOf(buckets);
        const theirs = await this.#digests(peer, { kind: 'groups', buckets: bits });
        let [fetched, offered] = [0, 0];
        for (const [group, mine] of bucketsIn(bits).entries()) {
            if (mine.length === 0 || isSame(digestOf(this.#options.store, mine), theirs[group]))
                continue;
            const moved = await this.#group(peer, { group, mine, bits, isMutual });
            fetched += moved.fetched;
            offered += moved.offered;
        }
        return { fetched, offered };
    }
    async #group(peer, at) {
        const { store } = this.#options;
        const { group } = at;
        const theirs = await this.#digests(peer, {
            kind: 'buckets',
            group,
            buckets: groupPart(at.bits, group),
        });
        const differing = at.mine.filter((bucket, index) => !isSame(store.digest(bucket), theirs[index]));
        const part = groupPart(bitmapOf(differing), group);
        const seen = new Map();
        let fetched = 0;
        for (let after = '';;) {
            const page = await this.#heads(peer, { kind: 'heads', group, buckets: part, after });
            for (const head of page.heads)
                seen.set(head.key, head);
            fetched += await this.#fetch(peer, page.heads, new Set(differing));
            const last = page.heads.at(-1);
            if (!page.hasMore || last === undefined)
                break;
            after = last.key;
        }
        const offered = at.isMutual ? await this.#offer(peer, differing, seen) : 0;
        return { fetched, offered };
    }
    async #fetch(peer, heads, buckets) {
        const { store, attester, replica } = this.#options;
        const isWanted = ({ key, version }) => {
            const mine = store.head(key);
            return mine === undefined || compareVersions(version, mine.version) > 0;
        };
        let wanted = heads.filter(isWanted).map(({ key }) => key);
        let fetched = 0;
        while (wanted.length > 0) {
            const asked = wanted.slice(0, FETCH_MAX);
            const reply = await this.#options.client.call(peer, { kind: 'fetch', keys: asked }, 'records');
            if (reply.kind !== 'records' || reply.records.length === 0)
                throw baseError('BYTES_INVALID', 'the peer lists records that it does not hand over');
            const records = reply.records.map((signed) => attester.verify(signed));
            const got = new Set(records.map(({ key }) => key));
            const isAsked = ({ key }) => asked.includes(key) && buckets.has(store.bucketOf(key));
            const results = await replica.store(records.filter(isAsked));
            if (results.some(({ outcome }) => outcome === 'failed'))
                throw baseError('BYTES_INVALID', 'a record that was fetched could not be stored');
            fetched += results.length;
            wanted = wanted.filter((key) => !got.has(key));
        }
        return fetched;
    }
    /** Sends what the peer lacks or has older. It may refuse; what matters is that it was told. */
    async #offer(peer, buckets, seen) {
        const { store, client } = this.#options;
        const keys = [];
        for (const bucket of buckets)
            for (const { key, version } of store.heads(bucket)) {
                const theirs = seen.get(key);
                if (theirs === undefined || compareVersions(version, theirs.version) > 0)
                    keys.push(key);
            }
        for (let from = 0; from < keys.length; from += ENTRIES_MAX / 4)
            await Promise.all(keys.slice(from, from + ENTRIES_MAX / 4).map(async (key) => {
                const record = await store.read(key);
                if (record === undefined)
                    return;
                await new Promise((resolve) => {
                    client.write(peer, record, () => {
                        resolve();
                    });
                });
            }));
        return keys.length;
    }
    async #digests(peer, request) {
        const reply = await this.#options.client.call(peer, request, 'digests');
        return reply.kind === 'digests' ? reply.digests : [];
    }
    async #heads(peer, request) {
        const reply = await this.#options.client.call(peer, request, 'heads');
        return reply.kind === 'heads' ? reply : { kind: 'heads', heads: [], hasMore: false };
    }
}
