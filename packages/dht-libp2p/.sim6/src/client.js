import { baseError } from '@bzzz/base';
import { BATCH_BYTES_MAX, ENTRIES_MAX } from './limits.js';
import { decodeReply } from './wire/reply.js';
import { encodeRequest } from './wire/request.js';
/** The protocol under which replicas talk. */
export const KV_PROTOCOL = '/bzzz/kv/1.0.0';
/**
 * Asks peers. What is asked of one peer in one tick travels as one message, and what this node
 * writes in one tick shares one signature.
 */
export class Client {
    #options;
    #writes = [];
    #reads = [];
    #isScheduled = false;
    constructor(options) {
        this.#options = options;
    }
    write(peer, record, done) {
        this.#writes.push({ peer, item: record, done });
        this.#schedule();
    }
    read(peer, item, done) {
        this.#reads.push({ peer, item, done });
        this.#schedule();
    }
    /** One request. Rejects with the transport's codes, with the peer's, or with `BYTES_INVALID`. */
    async call(peer, request, wanted) {
        const { transport, tryMs } = this.#options;
        const payload = encodeRequest(request);
        const reply = decodeReply(await transport.request(peer, KV_PROTOCOL, payload, { deadlineMs: tryMs }));
        if (reply.kind === 'view-differs')
            return reply;
        if (reply.kind !== wanted)
            throw baseError('BYTES_INVALID', `the peer answered with ${reply.kind}, not ${wanted}`);
        return reply;
    }
    #schedule() {
        if (this.#isScheduled)
            return;
        this.#isScheduled = true;
        queueMicrotask(() => {
            this.#isScheduled = false;
            this.#flushWrites();
            this.#flushReads();
        });
    }
    #flushWrites() {
        if (this.#writes.length === 0)
            return;
        const queued = this.#writes;
        this.#writes = [];
        const records = [...new Set(queued.map(({ item }) => item))];
        const signed = this.#options.attester.sign(records);
        const leafOf = new Map(records.map((record, index) => [record, signed[index]]));
        for (const [peer, entries] of byPeer(queued))
            for (const part of chunks(entries, ({ item }) => item.value.length))
                void this.#sendWrites(peer, part, leafOf);
    }
    async #sendWrites(peer, part, leafOf) {
        const records = part.map(({ item }) => leafOf.get(item)).filter((leaf) => leaf !== undefined);
        const view = this.#options.viewHash();
        await this.#settle(part, this.call(peer, { kind: 'write', view, records }, 'write'));
    }
    #flushReads() {
        if (this.#reads.length === 0)
            return;
        const queued = this.#reads;
        this.#reads = [];
        const view = this.#options.viewHash();
        for (const [peer, entries] of byPeer(queued))
            for (const part of chunks(entries, () => 0)) {
                const items = part.map(({ item }) => item);
                void this.#settle(part, this.call(peer, { kind: 'read', view, items }, 'read'));
            }
    }
    async #settle(part, call) {
        try {
            const reply = await call;
            if (!('results' in reply)) {
                for (const { done } of part)
                    done({ kind: 'view-differs' });
                return;
            }
            if (reply.results.length > part.length)
                throw baseError('BYTES_INVALID', 'the peer answered more than it was asked');
            for (const [index, { done }] of part.entries()) {
                const result = reply.results[index];
                done(result === undefined
                    ? { kind: 'error', error: baseError('TIMEOUT', 'the peer answered a part only') }
                    : { kind: 'result', result, isCounted: reply.isCounted });
            }
        }
        catch (error) {
            for (const { done } of part)
                done({ kind: 'error', error });
        }
    }
}
const byPeer = (queued) => {
    const out = new Map();
    for (const entry of queued) {
        const list = out.get(entry.peer);
        if (list === undefined)
            out.set(entry.peer, [entry]);
        else
            list.push(entry);
    }
    return out;
};
/** Cuts a list where a message would hold too many entries or too many bytes. */
const chunks = (entries, bytesOf) => {
    const out = [];
    let part = [];
    let bytes = 0;
    for (const entry of entries) {
        const more = bytesOf(entry);
        if (part.length >= ENTRIES_MAX || (part.length > 0 && bytes + more > BATCH_BYTES_MAX)) {
            out.push(part);
            part = [];
            bytes = 0;
        }
        part.push(entry);
        bytes += more;
    }
    if (part.length > 0)
        out.push(part);
    return out;
};
