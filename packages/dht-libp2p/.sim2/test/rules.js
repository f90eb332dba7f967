import { decodeLeaf } from '../src/wire/record-codec.js';
import { decodeReply, encodeReply } from '../src/wire/reply.js';
import { decodeRequest, encodeRequest } from '../src/wire/request.js';
import { viewOf } from '../src/view.js';
const mapResults = (reply, map) => reply.kind === 'write' ? { ...reply, results: reply.results.map(map) } : reply;
const withoutRefusal = (result) => result.outcome === 'newer' ? { outcome: 'stored' } : result;
const withoutMemory = (result) => result.outcome === 'newer' ? { ...result, held: 'never' } : result;
const brokenReply = (rule, reply) => {
    if (rule === 'older stamps are refused')
        return mapResults(reply, withoutRefusal);
    if (rule === 'a stamp that was held is not given up')
        return mapResults(reply, withoutMemory);
    if (rule === 'a joining replica does not count' && 'isCounted' in reply)
        return { ...reply, isCounted: true };
    return reply;
};
const brokenRequest = (rule, request, members) => {
    if (rule !== 'the view of an operation is checked' || !('view' in request))
        return request;
    const known = members.map((id) => ({ id, storeId: '', sinceMs: 0, addresses: [] }));
    return { ...request, view: viewOf(known).hash };
};
/** True when the message carries records of others only: a write-back, or an offer. */
const isRelay = (request, self) => request.kind === 'write' &&
    request.records.every(({ leaf }) => decodeLeaf(leaf).version.writer !== self);
/** The transport of a node that breaks a rule; `members` are those that the node knows. */
export const breakingTransport = (rule, transport, members) => ({
    peerId: transport.peerId,
    peers: () => transport.peers(),
    onPeerChange: (listener) => transport.onPeerChange(listener),
    request: (peerId, protocol, payload, options) => {
        const request = decodeRequest(payload);
        const isSkipped = rule === 'the newest is written back before it is returned' &&
            isRelay(request, transport.peerId);
        if (!isSkipped || request.kind !== 'write')
            return transport.request(peerId, protocol, payload, options);
        const results = request.records.map(() => ({ outcome: 'stored' }));
        return Promise.resolve(encodeReply({ kind: 'write', isCounted: true, results }));
    },
    handle: (protocol, handler) => transport.handle(protocol, async (payload, from) => {
        const request = brokenRequest(rule, decodeRequest(payload), members());
        const reply = decodeReply(await handler(encodeRequest(request), from));
        return encodeReply(brokenReply(rule, reply));
    }),
});
/** A disk that says that it synced. */
export const lyingDisk = (disk) => ({
    list: () => disk.list(),
    readFile: (name) => disk.readFile(name),
    rename: (from, to) => disk.rename(from, to),
    remove: (name) => disk.remove(name),
    syncDirectory: () => disk.syncDirectory(),
    open: async (name, options) => {
        const file = await disk.open(name, options);
        return {
            get size() {
                return file.size;
            },
            append: (bytes) => file.append(bytes),
            read: (offset, length) => file.read(offset, length),
            truncate: (size) => file.truncate(size),
            close: () => file.close(),
            sync: () => Promise.resolve(),
        };
    },
});
