import { describe, expect, test } from '@jest/globals';
import { codeOf, fromUtf8, pick, seededRandom, utf8 } from '@bzzz/base';
import { laneCount } from '@bzzz-tooling/jest-preset/lane';
import { createMockNetwork } from '@bzzz/dht-mock';
import { World } from '@bzzz/sim';
import { MemoryStore } from '@bzzz/store';
import { clusterOf } from './cluster.js';
import { realMesh, stopNode } from './real.js';
const NODES = 3;
const KEYS = ['a', 'a/b', 'b', 'Ω'];
const nameOf = (names, version) => names.get(JSON.stringify(version)) ?? 'unknown';
const outcomeOf = async (work) => {
    try {
        return await work;
    }
    catch (error) {
        return codeOf(error) ?? String(error);
    }
};
const nodeAt = (nodes, index) => {
    const node = nodes[index];
    if (node === undefined)
        throw new Error(`there is no node ${index}`);
    return node;
};
/** One random operation, as a function of the network that it is done on. */
const stepOf = (random, index) => {
    const [node, key] = [random.int(NODES), pick(random, KEYS)];
    const level = pick(random, ['quorum', 'all', 2]);
    const kind = pick(random, ['get', 'put', 'put', 'delete', 'cas', 'cas-absent']);
    const opId = `op ${index}`;
    return (nodes, names) => {
        const dht = nodeAt(nodes, node);
        const noted = async (work) => {
            const { version, outcome, replicas } = await work;
            names.set(JSON.stringify(version), opId);
            return `${outcome} ${replicas}`;
        };
        if (kind === 'put')
            return outcomeOf(noted(dht.put(key, utf8(opId), { level, opId })));
        if (kind === 'delete')
            return outcomeOf(noted(dht.delete(key, { level, opId })));
        const value = utf8(opId);
        if (kind === 'cas-absent')
            return outcomeOf(noted(dht.put(key, value, { level, opId, expectedVersion: null })));
        const read = async () => {
            const found = await dht.get(key, { level });
            if (found === undefined)
                return 'absent';
            const told = `${fromUtf8(found.value)} of ${nameOf(names, found.version)}`;
            if (kind === 'get')
                return told;
            const expectedVersion = found.version;
            return `${told}, ${await noted(dht.put(key, value, { level, opId, expectedVersion }))}`;
        };
        return outcomeOf(read());
    };
};
const answersOf = async (nodes, seed, count, run) => {
    const random = seededRandom(seed);
    const names = new Map();
    const out = [];
    for (let i = 0; i < count; i++)
        out.push(await run(stepOf(random, i)(nodes, names)));
    return out;
};
const onMock = async (seed, count) => {
    const world = new World({ seed });
    const network = createMockNetwork({
        ground: world,
        count: NODES,
        roundTripMs: 1,
        createStore: ({ peerId, clock, random }) => new MemoryStore({ writer: peerId, clock, random }),
    });
    await world.complete(network.start());
    const answers = await answersOf(network.nodes, seed, count, (work) => world.complete(work));
    await world.complete(network.stop());
    return answers;
};
const onSimulated = async (seed, count) => {
    const { nodes, world } = await clusterOf(NODES, { seed });
    const dhts = nodes.map(({ dht }) => dht);
    return answersOf(dhts, seed, count, (work) => world.complete(work));
};
describe('the embedded DHT and the one over peers answer alike', () => {
    test('on a simulated network', async () => {
        for (let seed = 1; seed <= laneCount(10, 200); seed++) {
            const answers = await onSimulated(seed, 60);
            expect({ seed, answers }).toEqual({ seed, answers: await onMock(seed, 60) });
        }
    }, 600_000);
    test('over real sockets', async () => {
        const nodes = await realMesh(NODES);
        const dhts = nodes.map(({ dht }) => dht);
        const answers = await answersOf(dhts, 99, 200, (work) => work);
        await Promise.all(nodes.map(stopNode));
        expect(answers).toEqual(await onMock(99, 200));
        expect(answers.filter((answer) => answer.startsWith('acknowledged')).length).toBeGreaterThan(50);
    }, 60_000);
});
