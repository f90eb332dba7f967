import { describe, test } from '@jest/globals';
import { laneCount } from '@bzzz-tooling/jest-preset/lane';
import { simulate } from '@bzzz/sim';
import { planOf, runFaults } from './faults.js';
describe('under faults', () => {
    test('reads and writes at quorums are linearizable, nothing acknowledged is lost', async () => {
        const only = process.env.BZZZ_SEED;
        const seeds = only === undefined ? laneCount(200, 5000) : [Number(only)];
        const isLoud = process.env.BZZZ_LOUD !== undefined;
        await simulate({ seeds }, async (world) => {
            const startMs = performance.now();
            const plan = planOf(world.stream('plan'));
            const history = await runFaults(world, { ...plan, isDurable: process.env.MEM === undefined });
            if (isLoud)
                process.stderr.write(`${world.seed} ${JSON.stringify(plan)} ${[...history.operations.values()].flat().length} ops ${world.trace.count} events ${Math.round(performance.now() - startMs)} ms\n`);
        });
    }, 1_200_000);
});
