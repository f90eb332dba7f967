import { beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, equalBytes, ManualClock, seededRandom, utf8, } from '@bzzz/base';
import { signBatch } from '@bzzz/crypto';
import { MemoryStore } from '@bzzz/store';
import { Libp2pDHT } from '../src/index.js';
import { viewOf } from '../src/view.js';
import { encodeLeaf } from '../src/wire/record-codec.js';
import { decodeReply } from '../src/wire/reply.js';
import { encodeRequest } from '../src/wire/request.js';
import { signerOf } from './cluster.js';
const [victim, author, stranger] = [signerOf(0), signerOf(1), signerOf(2)];
const clock = new ManualClock();
const recordOf = (rest = {}) => ({
    key: 'k',
    value: utf8('the value'),
    deleted: false,
    version: { wallMs: clock.nowMs(), counter: 0, writer: author.peerId },
    opId: 'op',
    ...rest,
});
const signed = (record, signer = author) => {
    const leaf = encodeLeaf(record);
    const [attestation = leaf] = signBatch(signer, [leaf]);
    return { leaf, attestation };
};
let store;
let handler;
const startNode = async (replicas) => {
    const transport = {
        peerId: victim.peerId,
        peers: () => [],
        request: () => Promise.reject(new Error('nobody is there')),
        handle: (_, serve) => {
            handler = serve;
            return () => { };
        },
        onPeerChange: () => () => { },
    };
    store = new MemoryStore({ writer: victim.peerId, clock, random: seededRandom(1) });
    await store.start();
    const random = seededRandom(2);
    const dht = new Libp2pDHT({ transport, store, signer: victim, clock, random, replicas });
    await dht.start();
    return dht;
};
const viewHash = (ids) => viewOf(ids.map((id) => ({ id, storeId: '', sinceMs: 0, addresses: [] }))).hash;
const ask = async (request) => decodeReply(await handler(encodeRequest(request), author.peerId));
const outcomeOf = async (record, ids = [victim.peerId]) => {
    const reply = await ask({ kind: 'write', view: viewHash(ids), records: [record] });
    return reply.kind === 'write' ? (reply.results[0]?.outcome ?? 'none') : reply.kind;
};
describe('a replica', () => {
    beforeEach(async () => {
        await startNode(3);
    });
    test('stores what its writer signed', async () => {
        expect(await outcomeOf(signed(recordOf()))).toBe('stored');
        expect(await outcomeOf(signed(recordOf()))).toBe('known');
        expect(store.size).toBe(1);
    });
    test('stores nothing that another one signed, or nobody', async () => {
        const good = signed(recordOf());
        expect(await outcomeOf(signed(recordOf(), stranger))).toBe('refused');
        expect(await outcomeOf({ ...good, leaf: encodeLeaf(recordOf({ key: 'other' })) })).toBe('refused');
        expect(await outcomeOf({ ...good, attestation: new Uint8Array(0) })).toBe('refused');
        const nobody = { ...recordOf().version, writer: 'nobody' };
        expect(await outcomeOf(signed(recordOf({ version: nobody })))).toBe('refused');
        expect(store.size).toBe(0);
    });
    test('stores nothing that is stamped further ahead than clocks may differ', async () => {
        const version = { ...recordOf().version, wallMs: clock.nowMs() + 501 };
        expect(await outcomeOf(signed(recordOf({ version })))).toBe('refused');
        const bound = { ...version, wallMs: clock.nowMs() + 500 };
        expect(await outcomeOf(signed(recordOf({ version: bound })))).toBe('stored');
    });
    test('one refused record does not take the others of its message with it', async () => {
        const ahead = { ...recordOf().version, wallMs: clock.nowMs() + 1000 };
        const records = [signed(recordOf()), signed(recordOf({ key: 'b', version: ahead }))];
        const reply = await ask({ kind: 'write', view: viewHash([victim.peerId]), records });
        const outcomes = reply.kind === 'write' ? reply.results.map(({ outcome }) => outcome) : [];
        expect(outcomes).toEqual(['stored', 'refused']);
    });
    test('does nothing for a sender that has another view', async () => {
        const ids = [victim.peerId, author.peerId];
        expect(await outcomeOf(signed(recordOf()), ids)).toBe('view-differs');
        expect(store.size).toBe(0);
    });
    test('of 10,000 damaged messages none leaves a record that the author did not write', async () => {
        const random = seededRandom(7);
        const original = recordOf();
        const view = viewHash([victim.peerId]);
        const message = encodeRequest({ kind: 'write', view, records: [signed(original)] });
        let answered = 0;
        for (let i = 0; i < 10_000; i++) {
            const damaged = message.slice();
            for (let flips = 1 + random.int(3); flips > 0; flips--) {
                const at = random.int(damaged.length);
                damaged[at] = (damaged[at] ?? 0) ^ (1 << random.int(8));
            }
            const length = random.next() < 0.1 ? random.int(damaged.length) : damaged.length;
            const outcome = await Promise.resolve(handler(damaged.subarray(0, length), author.peerId)).then(() => 'answered', (error) => codeOf(error));
            if (outcome === 'answered')
                answered++;
            else if (outcome !== 'BYTES_INVALID' && outcome !== 'INVALID_ARGUMENT')
                throw new Error(`the replica failed with ${String(outcome)}`);
        }
        expect(answered).toBeGreaterThan(1000);
        const held = await store.read('k');
        const isOriginal = held === undefined || equalBytes(held.value, original.value);
        expect({ isOriginal, size: store.size }).toEqual({ isOriginal: true, size: held ? 1 : 0 });
    });
    test('takes no members that are none, nor more than there may be', async () => {
        const member = { id: 'not a peer id', storeId: 's', sinceMs: 1, addresses: [] };
        const reply = await ask({ kind: 'exchange', state: { members: [member], pending: [] } });
        expect(reply.kind === 'exchange' && reply.state.members.map(({ id }) => id)).toEqual([
            victim.peerId,
        ]);
        const crowd = Array.from({ length: 1025 }, (_, i) => ({ ...member, id: `${i}` }));
        await expect(ask({ kind: 'exchange', state: { members: crowd, pending: [] } })).rejects.toThrow('1025 members');
    });
});
describe('a replica of some buckets', () => {
    test('takes no records of others', async () => {
        const dht = await startNode(1);
        const state = {
            members: [{ id: author.peerId, storeId: 's', sinceMs: 1, addresses: [] }],
            pending: [],
        };
        await ask({ kind: 'exchange', state });
        const ids = [victim.peerId, author.peerId];
        const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
        const outcomes = await Promise.all(keys.map((key) => outcomeOf(signed(recordOf({ key })), ids)));
        const wanted = keys.map((key) => (dht.isReplica(key) ? 'stored' : 'refused'));
        expect(outcomes).toEqual(wanted);
        expect(new Set(wanted).size).toBe(2);
    });
});
