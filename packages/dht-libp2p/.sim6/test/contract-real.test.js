import { afterAll, describe, it, jest } from '@jest/globals';
import { toHex } from '@bzzz/base';
import { dhtContract } from '@bzzz/dht-core/contract';
import { realMesh, realNode, stopNode, until } from './real.js';
// Five hosts start one after the other, each with its own handshakes.
jest.setTimeout(30_000);
const BUCKETS = 4096;
const lone = [];
const digestOf = ({ store }) => {
    let text = '';
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const { count, hash } = store.digest(bucket);
        if (count > 0)
            text += toHex(hash);
    }
    return text;
};
const createNetwork = async (count) => {
    const nodes = await realMesh(count);
    return {
        nodes: nodes.map(({ dht }) => dht),
        settle: () => until('replication', () => nodes.every(({ dht, store }) => !dht.isStarted || [...store.dirtyKeys()].length === 0)),
        digest: (node) => Promise.resolve(nodes[node] === undefined ? '' : digestOf(nodes[node])),
        stop: async () => {
            await Promise.all(nodes.map(stopNode));
        },
    };
};
describe('real peers on loopback', () => {
    afterAll(async () => {
        await Promise.all(lone.map(stopNode));
    });
    dhtContract({ describe, it }, {
        name: 'libp2p over TCP',
        createNetwork,
        createNode: async () => {
            const node = await realNode(90 + lone.length, []);
            lone.push(node);
            return node.dht;
        },
        durability: 'memory',
        nodeCounts: [1, 3, 5],
    });
});
