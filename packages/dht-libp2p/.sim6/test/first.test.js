import { describe, expect, test } from '@jest/globals';
import { fromUtf8, utf8 } from '@bzzz/base';
import { clusterOf } from './cluster.js';
describe('a mesh', () => {
    test.each([1, 2, 3, 5])('of %i nodes reads everywhere what a quorum acknowledged', async (count) => {
        const cluster = await clusterOf(count);
        const { world, nodes } = cluster;
        const [a] = nodes;
        for (let i = 0; i < 20; i++) {
            const receipt = await world.complete(a.dht.put(`k${i}`, utf8(`v${i}`)));
            expect(receipt.outcome).toBe('acknowledged');
            for (const node of nodes) {
                const found = await world.complete(node.dht.get(`k${i}`));
                expect(fromUtf8(found.value)).toBe(`v${i}`);
            }
        }
        await cluster.stop();
    });
});
