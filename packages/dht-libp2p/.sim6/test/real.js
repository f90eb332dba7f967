import { systemClock } from '@bzzz/base';
import { Libp2pHost } from '@bzzz/libp2p-host';
import { MemoryStore } from '@bzzz/store';
import { Libp2pDHT } from '../src/index.js';
import { signerOf, seedOf } from './cluster.js';
/** A node over real sockets on loopback that is not started; its host and store are. */
export const realNode = async (index, bootstrap) => {
    const host = new Libp2pHost({ seed: seedOf(index), bootstrap });
    await host.start();
    const store = new MemoryStore({ writer: host.peerId, clock: systemClock });
    await store.start();
    const contacts = {
        own: () => host.addresses(),
        learnt: (peerId, addresses) => {
            host.addAddresses(peerId, addresses).catch(() => { });
        },
    };
    const dht = new Libp2pDHT({ transport: host, store, signer: signerOf(index), contacts });
    return { host, store, dht };
};
/** Waits for a condition of real processes, ten seconds at most. */
export const until = async (what, condition) => {
    const startMs = performance.now();
    while (!condition()) {
        if (performance.now() - startMs > 10_000)
            throw new Error(`${what} did not come about`);
        await new Promise((resolve) => {
            setTimeout(resolve, 5);
        });
    }
};
/** Nodes that know each other through the first one. */
export const realMesh = async (count) => {
    const nodes = [];
    for (let index = 0; index < count; index++) {
        const bootstrap = nodes[0]?.host.addresses().slice(0, 1) ?? [];
        const node = await realNode(index, bootstrap);
        await node.dht.start();
        nodes.push(node);
    }
    await until('a mesh', () => nodes.every(({ dht }) => dht.members.length === count && dht.isSettled));
    return nodes;
};
export const stopNode = async ({ dht, host, store }) => {
    await dht.stop();
    await host.stop();
    await store.stop();
};
