import { compareVersions, delay, isExpired, quorumOf, } from '@bzzz/base';
import { dhtError } from '@bzzz/dht-core';
/** No store ever gave this version out: a known operation is found, any other one conflicts. */
const NEVER = { wallMs: 0, counter: 0, writer: '' };
/** Longest wait before a key that another conditional write has is asked for again, milliseconds. */
const RETRY_MS = 20;
/**
 * Decides compare-and-set above the level `local`. A quorum of replicas keeps the key for this
 * operation and confirms the version; until it is written or the time is up they take no other
 * write of the key.
 */
export class Conditional {
    #options;
    constructor(options) {
        this.#options = options;
    }
    /**
     * Stamps the write once the condition holds at a quorum. `release` must be called when it is
     * through. Rejects with `DHT_CONFLICT`, `DHT_UNAVAILABLE`, `ABORTED`.
     */
    async begin(write) {
        const known = this.#known(write);
        if (known !== undefined)
            return { append: known, release: () => { } };
        const { clock, random, store, reads } = this.#options;
        const untilMs = clock.monotonicMs() + write.timeoutMs;
        for (;;) {
            const leftMs = untilMs - clock.monotonicMs();
            if (leftMs <= 0)
                throw dhtError('DHT_UNAVAILABLE', 'no quorum of replicas kept the key for this write');
            const signal = write.signal;
            const found = await reads.run(write.intent.key, quorumOf, { timeoutMs: leftMs, signal });
            this.#assertExpected(write, found);
            const release = await this.#lock(write, found?.version);
            if (release !== undefined) {
                try {
                    const above = found === undefined ? {} : { above: found.version };
                    return { append: store.append(write.intent, { opId: write.opId, ...above }), release };
                }
                catch (error) {
                    release();
                    throw error;
                }
            }
            await delay(clock, random.next() * RETRY_MS, signal === undefined ? {} : { signal });
        }
    }
    /** The record of an operation that was stamped before: a retry keeps its outcome. */
    #known({ intent, opId }) {
        try {
            return this.#options.store.append(intent, { opId, expectedVersion: NEVER });
        }
        catch (error) {
            if (error.code === 'STORE_CONFLICT')
                return undefined;
            throw error;
        }
    }
    #assertExpected(write, found) {
        const { expected, intent } = write;
        const isAbsent = found === undefined || found.deleted || isExpired(found, this.#options.clock.nowMs());
        if (expected === null && isAbsent)
            return;
        if (expected !== null && found !== undefined && compareVersions(found.version, expected) === 0)
            return;
        throw dhtError('DHT_CONFLICT', `${JSON.stringify(intent.key)} is at another version`, {
            details: { found: isAbsent ? null : found.version, expected },
        });
    }
    /** Undefined when no quorum keeps the key, all of them at this version. */
    async #lock(write, version) {
        const { membership, store, clock } = this.#options;
        const { key } = write.intent;
        const replicas = membership.placement.of(store.bucketOf(key));
        const view = membership.view.hash;
        const ttlMs = Math.min(10_000, write.timeoutMs * 2 + 1000);
        const askedMs = clock.monotonicMs();
        const release = () => {
            this.#release(key, write.opId, replicas);
        };
        const grants = await Promise.all(replicas.map((peer) => this.#ask(peer, { key, opId: write.opId, ttlMs, view, version })));
        const count = grants.filter((isGranted) => isGranted).length;
        // Half of the time must be left: the write itself must arrive while the key is kept.
        const isInTime = clock.monotonicMs() - askedMs < ttlMs / 2;
        if (count >= quorumOf(replicas.length) && isInTime && membership.view.hash === view)
            return release;
        release();
        return undefined;
    }
    async #ask(peer, lock) {
        const { self, locks, store, membership, client } = this.#options;
        if (peer === self) {
            const isGranted = locks.take(lock.key, lock.opId, lock.ttlMs);
            return (isGranted && membership.isCounted && isSame(store.head(lock.key)?.version, lock.version));
        }
        try {
            const { key, opId, ttlMs, view } = lock;
            const reply = await client.call(peer, { kind: 'lock', key, opId, ttlMs, view }, 'lock');
            if (reply.kind === 'view-differs') {
                await membership.exchange(peer);
                return false;
            }
            return reply.isGranted && reply.isCounted && isSame(reply.version, lock.version);
        }
        catch {
            return false;
        }
    }
    #release(key, opId, replicas) {
        const { self, locks, client } = this.#options;
        locks.release(key, opId);
        for (const peer of replicas)
            if (peer !== self)
                client.call(peer, { kind: 'unlock', key, opId }, 'done').catch(() => { });
    }
}
const isSame = (a, b) => a === undefined || b === undefined ? a === b : compareVersions(a, b) === 0;
