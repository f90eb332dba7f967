import { baseError, ByteReader, ByteWriter, equalBytes, } from '@bzzz/base';
import { publicKeyOf } from '@bzzz/crypto';
import { MEMBERS_MAX, PENDING_VIEWS_MAX } from './limits.js';
import { Placement } from './placement.js';
import { addPending, mergeViews, viewOf } from './view.js';
import { readViewState, writeViewState } from './wire/view-codec.js';
const FORMAT = 1;
const NOBODY = viewOf([]);
/**
 * Which nodes there are. A node that never met another is alone, and its quorum is itself. The
 * view grows by contact and by exchange, and never shrinks by silence: whoever is cut off from
 * members that it knows does not take itself for all of them.
 */
export class Membership {
    #options;
    #storeId = '';
    #view = NOBODY;
    #pending = [];
    #placement;
    #adopting = Promise.resolve();
    #exchanges = new Map();
    constructor(options) {
        this.#options = options;
        this.#placement = new Placement([], options.replicas);
    }
    get view() {
        return this.#view;
    }
    get placement() {
        return this.#placement;
    }
    get pending() {
        return this.#pending;
    }
    /** False while this node may lack records that quorums hold: its answers do not count until then. */
    get isCounted() {
        return this.#pending.length === 0 && !(this.#options.mustJoin && this.#isAlone);
    }
    get #isAlone() {
        return this.#view.members.size === 1;
    }
    /** Reads the view that was kept, or begins with this node alone. */
    async load(storeId) {
        const { transport, storage, clock } = this.#options;
        this.#storeId = storeId;
        const self = { id: transport.peerId, storeId, sinceMs: clock.nowMs(), addresses: [] };
        const bytes = await storage.load();
        if (bytes === undefined) {
            await this.#become(viewOf([self]), []);
            return;
        }
        const reader = new ByteReader(bytes);
        if (reader.u8() !== FORMAT)
            throw baseError('BYTES_INVALID', 'the membership file has a format that is unknown here');
        const state = readViewState(reader);
        const kept = viewOf(state.members);
        const isSameStore = kept.members.get(self.id)?.storeId === storeId;
        if (isSameStore) {
            this.#view = kept;
            this.#pending = state.pending;
            this.#placement = new Placement(kept.members.keys(), this.#options.replicas);
            return;
        }
        // The store is another one than when the view was kept: this node lost what it held.
        const lost = { ids: [...kept.members.keys()], isLost: true };
        const isAlone = kept.members.size === 1;
        await this.#become(mergeViews(kept, [self]), isAlone ? [] : addPending(state.pending, [lost]));
    }
    state() {
        return {
            members: [...this.#view.members.values()].map(this.#withAddresses),
            pending: this.#pending,
        };
    }
    /** Learns a peer's view, and answers with the one that this node had before. */
    async serve(request) {
        let prior = { members: [], pending: [] };
        await this.#adopt(request.state, () => {
            prior = { members: [...this.#view.members.values()], pending: [] };
        });
        return { kind: 'exchange', prior, state: this.state() };
    }
    /** Tells a peer this node's view and learns the peer's; resolves when both have the union. */
    exchange(peer) {
        const running = this.#exchanges.get(peer);
        if (running !== undefined)
            return running;
        const exchange = this.#exchange(peer).finally(() => {
            this.#exchanges.delete(peer);
        });
        this.#exchanges.set(peer, exchange);
        return exchange;
    }
    async #exchange(peer) {
        const told = this.state();
        const reply = await this.#options.client.call(peer, { kind: 'exchange', state: told }, 'exchange');
        if (reply.kind === 'view-differs')
            throw baseError('BYTES_INVALID', 'not an answer to a view');
        await this.#adopt({ members: reply.prior.members, pending: reply.state.pending });
        return reply.state;
    }
    /** Nothing is pending any more: this node holds what every quorum of the past holds. */
    async covered(pending) {
        await this.#serially(async () => {
            // A view that was learnt in between is still to be covered.
            if (this.#pending !== pending)
                return;
            await this.#become(this.#view, []);
        });
    }
    #withAddresses = (member) => member.id === this.#options.transport.peerId
        ? { ...member, addresses: this.#options.contacts?.own().slice(0, 4) ?? [] }
        : member;
    #serially(task) {
        const next = this.#adopting.then(task);
        this.#adopting = next.catch(() => { });
        return next;
    }
    #adopt(state, before) {
        return this.#serially(async () => {
            before?.();
            const members = state.members.filter(({ id }) => this.#isAdmitted(id));
            const view = mergeViews(this.#view, members);
            if (view.members.size > MEMBERS_MAX)
                throw baseError('INVALID_ARGUMENT', `a mesh has at most ${MEMBERS_MAX} members`);
            const pending = this.#pendingWith(members, state.pending);
            if (view === this.#view && pending.length === this.#pending.length)
                return;
            for (const { id, addresses } of members)
                if (addresses.length > 0 && id !== this.#options.transport.peerId)
                    this.#options.contacts?.learnt(id, addresses);
            await this.#become(view, pending);
        });
    }
    /**
     * What a joining node must cover: the views of others as they were without it, and what those
     * others must still cover themselves. A node that belongs to a mesh already covers nothing: of
     * the members of a view, those that are replicas in a larger one were replicas before.
     */
    #pendingWith(members, theirs) {
        const self = this.#options.transport.peerId;
        if (!this.#isAlone && this.isCounted)
            return this.#pending;
        const ids = members.map(({ id }) => id);
        const me = members.find(({ id }) => id === self);
        const isLost = me !== undefined && me.storeId !== this.#storeId;
        const withoutSelf = (list) => list.filter((id) => id !== self);
        const views = [
            { ids: isLost ? ids : withoutSelf(ids), isLost },
            ...theirs.map((view) => ({ ids: withoutSelf(view.ids), isLost: false })),
        ];
        return addPending(this.#pending, views)
            .toSorted((a, b) => b.ids.length - a.ids.length)
            .slice(0, PENDING_VIEWS_MAX);
    }
    #isAdmitted(id) {
        try {
            publicKeyOf(id);
        }
        catch {
            return false;
        }
        return id === this.#options.transport.peerId || this.#options.admit(id);
    }
    /** Durable first: a node that forgot a member after saying that it knew it could split the mesh. */
    async #become(view, pending) {
        const writer = new ByteWriter(1024).u8(FORMAT);
        writeViewState(writer, { members: [...view.members.values()], pending });
        await this.#options.storage.save(writer.finish());
        const isNewView = !equalBytes(view.hash, this.#view.hash);
        const hasSettled = this.#pending.length > 0 && pending.length === 0;
        this.#view = view;
        this.#pending = pending;
        if (isNewView)
            this.#placement = new Placement(view.members.keys(), this.#options.replicas);
        this.#options.onChange({ isNewView, hasSettled });
    }
}
