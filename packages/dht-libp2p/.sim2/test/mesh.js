import { codeOf, fromUtf8, pick, utf8 } from '@bzzz/base';
import { Machine, SimNetwork } from '@bzzz/sim';
import { LogStore, MemoryStore } from '@bzzz/store';
import { diskViewStorage, Libp2pDHT } from '../src/index.js';
import { signerOf } from './cluster.js';
import { breakingTransport, lyingDisk } from './rules.js';
/** Machines with disks on a network that fails; what a simulation of faults is made of. */
export class Mesh {
    world;
    network;
    sites = [];
    #options;
    #values = 0;
    constructor(options) {
        this.#options = options;
        this.world = options.world;
        const loss = options.lossProbability ?? 0;
        this.network = new SimNetwork(this.world, { link: { lossProbability: loss } });
    }
    add() {
        const index = this.sites.length;
        const { world, network } = this;
        const skewMs = this.#options.skewMs ?? 0;
        const offsetMs = Math.round((world.stream(`skew ${index}`).next() * 2 - 1) * skewMs);
        const machine = new Machine({
            world,
            network,
            peerId: signerOf(index).peerId,
            clock: { offsetMs },
        });
        const site = { index, machine, process: undefined };
        this.sites.push(site);
        return site;
    }
    /** Starts a process on the machine. Never settles when the machine crashes meanwhile. */
    async boot(site, mustJoin = false) {
        const { clock, transport: honest, disk } = site.machine.boot();
        const { world } = this;
        const { without } = this.#options;
        const isLying = without === 'a write is synced before it is acknowledged';
        const members = () => site.process?.dht.members ?? [];
        const transport = without === undefined || isLying ? honest : breakingTransport(without, honest, members);
        const storeDisk = isLying ? lyingDisk(within(disk, 'store-')) : within(disk, 'store-');
        const signer = signerOf(site.index);
        const random = world.stream(`store ${site.index} ${world.nowMs}`);
        const writer = signer.peerId;
        const store = this.isDurable
            ? new LogStore({ writer, clock, random, disk: storeDisk, ballastBytes: 0 })
            : new MemoryStore({ writer, clock, random });
        await store.start();
        const dht = new Libp2pDHT({
            transport,
            store,
            signer,
            clock,
            viewStorage: diskViewStorage(within(disk, 'view-')),
            random: world.stream(`dht ${site.index} ${world.nowMs}`),
            tryMs: 200,
            compareEveryMs: 1000,
            mustJoin,
            timeoutMs: 1000,
            ...this.#options.dht,
        });
        await dht.start();
        site.process = { dht, store };
    }
    crash(site) {
        site.process = undefined;
        site.machine.crash('power');
    }
    get isDurable() {
        return this.#options.isDurable !== false;
    }
    get running() {
        return this.sites.flatMap(({ process }) => (process === undefined ? [] : [process]));
    }
    get isSettled() {
        return this.sites.every(({ process }) => process !== undefined &&
            process.dht.members.length === this.sites.length &&
            process.dht.isSettled);
    }
    /** A client that reads and writes at quorums until told to stop. */
    async client(random, history, until) {
        while (!until.isOver()) {
            const site = pick(random, this.sites);
            const key = pick(random, until.keys);
            await this.#pause(random.next() * 40);
            if (site.process === undefined)
                continue;
            if (random.next() < 0.5)
                await this.#read(site.process, key, history);
            else
                await this.#write(site.process, key, history);
        }
    }
    #pause(delayMs) {
        return new Promise((resolve) => {
            this.world.clock.setTimer(resolve, delayMs);
        });
    }
    async #read({ dht }, key, history) {
        const op = history.add(key, { kind: 'read', call: this.world.nowMs, ret: Infinity });
        const found = await this.#bounded(dht.get(key));
        if (found === undefined)
            return;
        op.result = found.answer === undefined ? null : fromUtf8(found.answer.value);
        op.ret = this.world.nowMs;
    }
    async #write({ dht }, key, history) {
        const value = `${this.#values++}`;
        const op = history.add(key, { kind: 'write', call: this.world.nowMs, ret: Infinity, value });
        const receipt = await this.#bounded(dht.put(key, utf8(value)));
        if (receipt?.answer.outcome === 'acknowledged')
            op.ret = this.world.nowMs;
    }
    /** Undefined when it failed as unavailable, or when its process died. */
    #bounded(work) {
        return new Promise((resolve, reject) => {
            const cancel = this.world.clock.setTimer(() => {
                resolve(undefined);
            }, 5000);
            work.then((answer) => {
                cancel();
                resolve({ answer });
            }, (error) => {
                cancel();
                const isOutage = ['DHT_UNAVAILABLE', 'NOT_STARTED', 'STORE_FAILED'].includes(codeOf(error) ?? '');
                if (isOutage)
                    resolve(undefined);
                else
                    reject(error);
            });
        });
    }
    /** Reads every key once on every node. */
    async finalReads(history, keys) {
        for (const process of this.running)
            for (const key of keys)
                await this.#read(process, key, history);
    }
    /** True when all replicas hold the same records, and nobody has anything left to send. */
    isConverged(keys) {
        if (!this.isSettled)
            return false;
        return keys.every((key) => {
            const heads = this.running
                .filter(({ dht }) => dht.isReplica(key))
                .map(({ store }) => JSON.stringify(store.head(key)?.version));
            return new Set(heads).size === 1 && this.running.every(({ store }) => !store.isDirty(key));
        });
    }
}
/** A part of a disk, by a prefix of its names. */
const within = (disk, prefix) => ({
    list: async () => (await disk.list())
        .filter((name) => name.startsWith(prefix))
        .map((n) => n.slice(prefix.length)),
    open: (name, options) => disk.open(prefix + name, options),
    readFile: (name) => disk.readFile(prefix + name),
    rename: (from, to) => disk.rename(prefix + from, prefix + to),
    remove: (name) => disk.remove(prefix + name),
    syncDirectory: () => disk.syncDirectory(),
});
