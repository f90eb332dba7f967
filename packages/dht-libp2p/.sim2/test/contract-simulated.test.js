import { describe, it } from '@jest/globals';
import { toHex } from '@bzzz/base';
import { dhtContract } from '@bzzz/dht-core/contract';
import { Cluster, clusterOf } from './cluster.js';
const BUCKETS = 4096;
const worlds = new Set();
/** The suite knows nothing of a world, so that each world here runs by itself. */
const driven = (cluster) => {
    const stop = cluster.world.drive();
    worlds.add(cluster);
    return () => {
        stop();
        worlds.delete(cluster);
    };
};
const createNetwork = async (count) => {
    const cluster = await clusterOf(count);
    const halt = driven(cluster);
    const { world, network, nodes } = cluster;
    return {
        nodes: nodes.map(({ dht }) => dht),
        settle: () => world
            .runUntil(() => nodes.every(({ gate, store }) => gate.state === 'dead' || [...store.dirtyKeys()].length === 0), 30_000)
            .then(() => world.settle({ quietMs: 50 })),
        isolate: (node) => {
            network.isolate(nodes[node]?.id ?? '');
            return Promise.resolve();
        },
        heal: () => {
            network.heal();
            return Promise.resolve();
        },
        crash: (node) => {
            nodes[node]?.gate.kill();
            return Promise.resolve();
        },
        digest: (node) => {
            const store = nodes[node]?.store;
            let text = '';
            for (let bucket = 0; bucket < BUCKETS; bucket++) {
                const digest = store?.digest(bucket);
                if (digest !== undefined && digest.count > 0)
                    text += toHex(digest.hash);
            }
            return Promise.resolve(text);
        },
        stop: async () => {
            await Promise.all(nodes.filter(({ gate }) => gate.state !== 'dead').map(({ dht }) => dht.stop()));
            halt();
        },
    };
};
describe('simulated peers', () => {
    dhtContract({ describe, it }, {
        name: 'libp2p on a simulated network',
        createNetwork,
        createNode: async () => {
            const cluster = new Cluster();
            driven(cluster);
            return cluster.lone();
        },
        durability: 'memory',
        nodeCounts: [1, 3, 5],
        supports: { partition: true, crash: true },
        advance: async (durationMs) => {
            await Promise.all([...worlds].map(({ world }) => world.runFor(durationMs)));
        },
    });
});
