import { describe, expect, test } from '@jest/globals';
import { fromUtf8, utf8 } from '@bzzz/base';
import { clusterOf } from './cluster.js';
describe('a mesh', () => {
    test.each([1, 2, 3, 5])('of %i nodes reads everywhere what a quorum acknowledged', async (count) => {
        const cluster = await clusterOf(count);
        const { world, nodes } = cluster;
        for (let i = 0; i < 20; i++) {
            const writer = nodes[i % count]?.dht;
            const receipt = await world.complete(writer?.put(`k${i}`, utf8(`v${i}`)) ?? Promise.reject());
            expect(receipt.outcome).toBe('acknowledged');
            for (const { dht } of nodes) {
                const found = await world.complete(dht.get(`k${i}`));
                expect(found === undefined ? undefined : fromUtf8(found.value)).toBe(`v${i}`);
            }
        }
        await cluster.stop();
    });
});
