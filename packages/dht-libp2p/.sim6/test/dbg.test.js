import { test } from '@jest/globals';
import { World } from '@bzzz/sim';
import { planOf, runFaults } from './faults.js';
test('x', async () => {
    const world = new World({ seed: Number(process.env.BZZZ_SEED ?? 1) });
    const plan = planOf(world.stream('plan'));
    process.stderr.write(JSON.stringify(plan) + '\n');
    const t = setInterval(() => {
        const by = {};
        for (const l of world.trace.tail()) {
            const k = l.replace(/^\s*[\d.]+ /, '').replace(/12D3\w+/g, 'P');
            by[k] = (by[k] ?? 0) + 1;
        }
        process.stderr.write(`${world.nowMs} ${world.trace.count} ${JSON.stringify(by)}\n`);
    }, 3000);
    try {
        await runFaults(world, { ...plan, isDurable: process.env.MEM === undefined });
    }
    finally {
        clearInterval(t);
    }
}, 50000);
