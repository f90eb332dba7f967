import { seededRandom } from '@bzzz/base';
import { createSigner } from '@bzzz/crypto';
import { ProcessGate, SimNetwork, World } from '@bzzz/sim';
import { MemoryStore } from '@bzzz/store';
import { Libp2pDHT, memoryViewStorage, } from '../src/index.js';
/** Signers by number, the same in every run: making keys is most of the time of a small simulation. */
export const signerOf = (index) => createSigner(seedOf(index));
export const seedOf = (index) => {
    const seed = new Uint8Array(32);
    seed.set([1 + (index & 0xff), index >>> 8, 0xb2]);
    return seed;
};
/** Nodes with a store in memory on a simulated network. */
export class Cluster {
    world;
    network;
    nodes = [];
    #options;
    constructor(options = {}) {
        this.#options = options;
        this.world = new World({ seed: options.seed ?? 1 });
        this.network = new SimNetwork(this.world, options.link === undefined ? {} : { link: options.link });
    }
    /** A node that is not started, on a store that is. */
    async lone() {
        const node = this.#newNode();
        await this.#place(node);
        return node.dht;
    }
    /** Adds a node and starts it. */
    async add() {
        const node = this.#newNode();
        await this.#place(node);
        await this.world.complete(node.dht.start());
        return node;
    }
    #newNode() {
        const index = this.nodes.length;
        const signer = signerOf(index);
        const random = this.world.stream(`skew ${index}`);
        const skewMs = this.#options.skewMs ?? 0;
        const gate = new ProcessGate();
        const clock = this.world.nodeClock({
            gate,
            offsetMs: Math.round((random.next() - 0.5) * 2 * skewMs),
        });
        const node = {
            index,
            id: signer.peerId,
            signer,
            clock,
            views: memoryViewStorage(),
            gate,
        };
        this.nodes.push(node);
        return node;
    }
    async #place(node) {
        const { index, signer, clock, views, gate } = node;
        const random = seededRandom(this.world.random.int(2 ** 31));
        node.store = new MemoryStore({ writer: node.id, clock, random });
        await this.world.complete(node.store.start());
        node.dht = new Libp2pDHT({
            transport: this.network.transport(node.id, gate),
            store: node.store,
            signer,
            viewStorage: views,
            clock,
            random: this.world.stream(`dht ${index}`),
            ...this.#options.dht,
        });
    }
    /** Until all know each other and everyone's answers count. */
    settled(boundMs = 30_000) {
        return this.world.runUntil(() => this.nodes.every(({ dht }) => dht.members.length === this.nodes.length && dht.isSettled), boundMs);
    }
    async stop() {
        await Promise.all(this.nodes.map(({ dht }) => this.world.complete(dht.stop())));
        await Promise.all(this.nodes.map(({ store }) => this.world.complete(store.stop())));
    }
}
export const clusterOf = async (count, options = {}) => {
    const cluster = new Cluster(options);
    for (let i = 0; i < count; i++)
        await cluster.add();
    await cluster.settled();
    return cluster;
};
