import { compareVersions, quorumOf, replicasFor, } from '@bzzz/base';
import { Acknowledged } from './acknowledged.js';
import { Lanes } from './lanes.js';
import { ACKNOWLEDGED_MAX, DRAIN_MAX, PARKED_MAX, RESTAMPS_MAX } from './limits.js';
import { Tally } from './tally.js';
/** Brings this node's writes to their replicas, and tells callers when their level is reached. */
export class Writes {
    #options;
    #lanes;
    /** By key, in the order of their stamps. */
    #ops = new Map();
    #acknowledged = new Acknowledged(ACKNOWLEDGED_MAX);
    #count = 0;
    #isPumping = false;
    #mustPumpAgain = false;
    #isStopped = false;
    constructor(options) {
        this.#options = options;
        const { clock, random } = options;
        this.#lanes = new Lanes({
            clock,
            random,
            resend: (op, peer) => {
                if (this.#isLive(op))
                    this.#send(op, peer);
            },
        });
    }
    /** Resolves with how it ended and the operation, whose record may bear a newer stamp by then. */
    async run(start) {
        const { record, level, timeoutMs, sendable, committed } = start;
        const op = this.#newOp(record, level);
        this.#add(op);
        const ended = new Promise((resolve) => {
            op.settle = resolve;
        });
        if (level !== 'local')
            op.cancelDeadline = this.#options.deadlines.add(timeoutMs, () => {
                this.#settle(op, 'pending');
            });
        const isLocal = committed.then(() => {
            op.isCommitted = true;
            this.#noteOwn(op);
        });
        if (sendable === undefined)
            this.#sendAll(op);
        else
            sendable.then(() => {
                this.#sendAll(op);
            }, () => { });
        try {
            await isLocal;
        }
        catch (error) {
            this.#drop(op);
            throw error;
        }
        return { end: await ended, op };
    }
    /** Goes on with records that the store still marks as not replicated. */
    pump() {
        this.#mustPumpAgain = true;
        if (this.#isPumping)
            return;
        this.#isPumping = true;
        void this.#pumpAll().finally(() => {
            this.#isPumping = false;
        });
    }
    peerReturned(peer) {
        this.#lanes.wake(peer);
    }
    /** Begins anew under the present view: what replicas of another one said does not count. */
    viewChanged() {
        const all = [...this.#ops.values()].flat();
        this.#lanes.clear();
        for (const op of all) {
            if (op.settle === undefined) {
                this.#drop(op);
                continue;
            }
            this.#begin(op);
            this.#noteOwn(op);
            this.#sendAll(op);
        }
        this.pump();
    }
    /** Ends every operation; nobody is left waiting. */
    stop() {
        this.#isStopped = true;
        this.#lanes.clear();
        for (const op of [...this.#ops.values()].flat()) {
            this.#settle(op, 'pending');
            this.#drop(op);
        }
    }
    async #pumpAll() {
        while (this.#mustPumpAgain && !this.#isStopped) {
            this.#mustPumpAgain = false;
            await this.#pump().catch(() => { });
        }
    }
    async #pump() {
        const { store } = this.#options;
        for (const key of Array.from(store.dirtyKeys())) {
            if (this.#count >= PARKED_MAX || this.#isStopped)
                return;
            if (this.#ops.has(key))
                continue;
            const record = await store.read(key);
            if (record === undefined || !store.isDirty(key) || this.#ops.has(key))
                continue;
            const op = this.#newOp(record, 'local');
            op.isCommitted = true;
            this.#add(op);
            this.#noteOwn(op);
            this.#sendAll(op);
            if (this.#count % DRAIN_MAX === 0)
                await new Promise((resolve) => {
                    this.#options.clock.setTimer(resolve, 1);
                });
        }
    }
    #newOp(record, level) {
        const newest = this.#options.store.head(record.key)?.version;
        const isOld = newest !== undefined && compareVersions(newest, record.version) > 0;
        const op = {
            record,
            level,
            mayRestamp: level !== 'local' && !isOld,
            isCommitted: false,
            replicas: [],
            tally: new Tally(0, 0),
            done: new Set(),
            heldBy: new Set(),
            round: 0,
            restamps: 0,
            isRestamping: false,
            followers: [],
            isFollowing: false,
            settle: undefined,
            cancelDeadline: undefined,
        };
        this.#begin(op);
        return op;
    }
    #begin(op) {
        const { membership, store } = this.#options;
        op.round++;
        op.replicas = membership.placement.of(store.bucketOf(op.record.key));
        op.tally = new Tally(op.replicas.length, replicasFor(op.level, op.replicas.length));
        op.done.clear();
        op.heldBy.clear();
    }
    #noteOwn(op) {
        const { self, membership, store } = this.#options;
        if (!op.isCommitted)
            return;
        if (store.head(op.record.key)?.version === undefined)
            return;
        op.heldBy.add(self);
        if (op.replicas.includes(self)) {
            op.done.add(self);
            if (membership.isCounted)
                op.tally.holds(self);
        }
        if (op.level === 'local')
            this.#settle(op, 'acknowledged');
        this.#check(op);
    }
    #sendAll(op) {
        const { self, states } = this.#options;
        for (const peer of op.replicas) {
            if (peer === self || op.done.has(peer))
                continue;
            // Suspects are not avoided here: a write wants all replicas, and nobody waits for the last.
            if (states.of(peer) === 'disconnected')
                this.#park(op, peer);
            else
                this.#send(op, peer);
        }
        this.#check(op);
    }
    #send(op, peer) {
        const { round } = op;
        this.#options.client.write(peer, op.record, (answer) => {
            if (op.round === round && this.#isLive(op))
                this.#answered(op, peer, answer);
        });
    }
    #answered(op, peer, answer) {
        if (KEY(op.record.key)) DBG('W', op.record.key, this.options_self(), new TextDecoder().decode(op.record.value), 'v', op.record.version.wallMs%100000, op.record.version.counter, 'from', peer.slice(-4), JSON.stringify(answer.result ?? answer.kind).replace(/12D3KooW\w*(\w{4})/,'$1'), answer.isCounted, op.mayRestamp);
        if (answer.kind === 'error') {
            this.#park(op, peer);
            return;
        }
        this.#lanes.succeeded(peer);
        if (answer.kind === 'view-differs') {
            this.#agree(op, peer);
            return;
        }
        const { result, isCounted } = answer;
        if (result.outcome !== 'stored' && result.outcome !== 'known' && result.outcome !== 'newer') {
            this.#park(op, peer);
            return;
        }
        op.done.add(peer);
        if (result.outcome === 'stored' || result.outcome === 'known')
            op.heldBy.add(peer);
        // A write that this node itself has overwritten since, or that only wants to spread, is through
        // where something newer is held.
        if (isCounted && result.outcome === 'newer' && !op.mayRestamp)
            op.tally.holds(peer);
        else if (isCounted)
            op.tally.note(peer, result);
        else if (op.settle !== undefined) {
            // The peer is joining; only its later answer counts.
            op.done.delete(peer);
            this.#park(op, peer);
        }
        this.#check(op);
    }
    #agree(op, peer) {
        const { round } = op;
        const { membership } = this.#options;
        membership.exchange(peer).then(() => {
            if (op.round === round && this.#isLive(op))
                this.#send(op, peer);
        }, () => {
            if (op.round === round && this.#isLive(op))
                this.#park(op, peer);
        });
    }
    #park(op, peer) {
        // Beyond the bound the store remembers that the key is dirty; nobody waits for such an operation.
        if (op.settle === undefined && this.#count > PARKED_MAX)
            this.#drop(op);
        else
            this.#lanes.park(op, peer);
    }
    #check(op) {
        const { state } = op.tally;
        if (state.kind === 'reached' && this.#isSettleable(op))
            this.#settle(op, 'acknowledged');
        if (!op.isCommitted || op.isRestamping || op.isFollowing)
            return;
        if (state.kind === 'restamp' && op.mayRestamp && op.restamps < RESTAMPS_MAX)
            void this.#restamp(op, state.above);
        else if (op.replicas.every((peer) => op.done.has(peer)))
            this.#finish(op);
    }
    #isSettleable(op) {
        return op.level !== 'local' && op.isCommitted;
    }
    /** Every replica holds the record, or something newer. */
    #finish(op) {
        const { store } = this.#options;
        const { key, version } = op.record;
        if (store.isDirty(key))
            store.markClean([{ key, version }]);
        // A level that these replicas cannot give stays unreached.
        this.#settle(op, op.tally.state.kind === 'reached' ? 'acknowledged' : 'pending');
        this.#drop(op);
    }
    /**
     * Stamps above what refused it. When this node has given the key a later stamp since, that later
     * write stands for both.
     */
    async #restamp(op, above) {
        op.isRestamping = true;
        op.restamps++;
        try {
            const { key, value, deleted, expiresAtMs, opId } = op.record;
            const intent = deleted ? { key, deleted, expiresAtMs } : { key, value, expiresAtMs };
            const append = this.#options.store.append(intent, { opId, above });
            if (append.isDuplicate)
                this.#followLater(op);
            else {
                op.record = append.record;
                op.isCommitted = false;
                this.#begin(op);
                await append.committed;
                op.isCommitted = true;
                this.#noteOwn(op);
                this.#sendAll(op);
            }
        }
        catch {
            // Too far ahead, or the store cannot write: the operation stays pending.
        }
        finally {
            op.isRestamping = false;
        }
        if (this.#isLive(op))
            this.#check(op);
    }
    /**
     * The later write must be acknowledged itself, at no lower level: that a quorum holds something
     * newer is not enough, for that may be the very record that refused both.
     */
    #followLater(op) {
        const { key, version } = op.record;
        if (this.#acknowledged.isAfter(key, version)) {
            this.#settle(op, 'acknowledged');
            this.#drop(op);
            return;
        }
        const need = replicasFor(op.level, op.replicas.length);
        const later = this.#ops
            .get(key)
            ?.findLast((other) => other.mayRestamp &&
            compareVersions(other.record.version, version) > 0 &&
            replicasFor(other.level, other.replicas.length) >= need);
        if (later === undefined)
            return;
        op.isFollowing = true;
        later.followers.push(op);
    }
    #noteAcknowledged(op) {
        const { key, version } = op.record;
        if (replicasFor(op.level, op.replicas.length) >= quorumOf(op.replicas.length))
            this.#acknowledged.note(key, version);
        for (const follower of op.followers.splice(0)) {
            this.#settle(follower, 'acknowledged');
            this.#drop(follower);
        }
    }
    options_self() { return this.#options.self.slice(-4) }
    #settle(op, end) {
        if (op.settle && KEY(op.record.key)) DBG('SETTLE', op.record.key, this.options_self(), new TextDecoder().decode(op.record.value), end, op.replicas.map(r=>r.slice(-4)).join(), op.record.version.wallMs%100000);
        op.cancelDeadline?.();
        op.cancelDeadline = undefined;
        if (end === 'acknowledged' && op.level !== 'local')
            this.#noteAcknowledged(op);
        const { settle } = op;
        op.settle = undefined;
        settle?.(end);
    }
    #add(op) {
        const { key } = op.record;
        const list = this.#ops.get(key);
        if (list === undefined)
            this.#ops.set(key, [op]);
        else
            list.push(op);
        this.#count++;
    }
    #isLive(op) {
        return this.#ops.get(op.record.key)?.includes(op) === true;
    }
    #drop(op) {
        const { key } = op.record;
        const list = this.#ops.get(key);
        const index = list?.indexOf(op) ?? -1;
        if (list === undefined || index < 0)
            return;
        list.splice(index, 1);
        this.#count--;
        if (list.length === 0)
            this.#ops.delete(key);
        for (const peer of op.replicas)
            this.#lanes.remove(op, peer);
        for (const follower of op.followers.splice(0)) {
            follower.isFollowing = false;
            if (this.#isLive(follower))
                this.#check(follower);
        }
    }
}
