import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '@bzzz/base';
import { isLinearizable } from './wgl.js';
/** The definition itself: some order of some of the operations, by trying all of them. */
const bruteForce = (operations, state = null) => {
    const mustHappen = operations.filter(({ ret }) => ret !== Infinity);
    if (mustHappen.length === 0)
        return true;
    const firstReturn = Math.min(...operations.map(({ ret }) => ret));
    return operations.some((operation) => {
        if (operation.call > firstReturn)
            return false;
        const rest = operations.filter((other) => other !== operation);
        if (operation.kind === 'write')
            return bruteForce(rest, operation.value ?? null);
        return operation.result === state && bruteForce(rest, state);
    });
};
const randomHistory = (random) => Array.from({ length: 2 + random.int(5) }, () => {
    const call = random.int(12);
    const isUnknown = random.next() < 0.15;
    const ret = isUnknown ? Infinity : call + 1 + random.int(6);
    const value = `${random.int(3)}`;
    if (random.next() < 0.5)
        return { kind: 'write', call, ret, value };
    return {
        kind: 'read',
        call,
        ret: call + 1 + random.int(6),
        result: random.int(4) === 0 ? null : value,
    };
});
describe('the checker of linearizability', () => {
    test('agrees with the definition on 20,000 random histories', () => {
        const random = seededRandom(1);
        let linearizable = 0;
        for (let i = 0; i < 20_000; i++) {
            const history = randomHistory(random);
            const expected = bruteForce(history);
            if (expected)
                linearizable++;
            if (isLinearizable(history) !== expected)
                throw new Error(`history ${i}: ${JSON.stringify(history)}`);
        }
        expect(linearizable).toBeGreaterThan(2000);
        expect(linearizable).toBeLessThan(18_000);
    });
    test('tells a stale read', () => {
        const history = [
            { kind: 'write', call: 0, ret: 1, value: 'a' },
            { kind: 'write', call: 2, ret: 3, value: 'b' },
            { kind: 'read', call: 4, ret: 5, result: 'a' },
        ];
        expect(isLinearizable(history)).toBe(false);
    });
});
