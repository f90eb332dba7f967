import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isCovered } from '../src/coverage.js';
import { Placement } from '../src/placement.js';
import { signerOf } from './cluster.js';
const ids = Array.from({ length: 12 }, (_, index) => signerOf(index).peerId);
const [a = '', b = '', c = '', d = '', e = ''] = ids;
const someIds = fc.subarray(ids, { minLength: 1 });
const bucket = fc.nat({ max: 4095 });
describe('placement', () => {
    test('does not depend on the order in which members were learnt', () => {
        const check = fc.check(fc.property(someIds, bucket, (list, at) => {
            const reversed = new Placement(list.toReversed(), 3);
            return reversed.of(at).join(' ') === new Placement(list, 3).of(at).join(' ');
        }), { numRuns: 50 });
        expect(fc.defaultReportMessage(check)).toBeUndefined();
    });
    test('a larger view only displaces: whoever stays a replica was one before', () => {
        const check = fc.check(fc.property(someIds, someIds, bucket, (list, more, at) => {
            const before = new Placement(list, 3);
            const after = new Placement(new Set([...list, ...more]), 3);
            const staying = after.of(at).filter((id) => list.includes(id));
            return staying.every((id) => before.of(at).includes(id));
        }), { numRuns: 100 });
        expect(fc.defaultReportMessage(check)).toBeUndefined();
    });
    test('names all members up to the number of replicas, each once', () => {
        expect(new Placement([a], 3).of(7)).toEqual([a]);
        expect(new Set(new Placement([a, b], 3).of(7))).toEqual(new Set([a, b]));
        expect(new Set(new Placement(ids, 3).of(7)).size).toBe(3);
    });
    test('gives every one of twelve members some buckets', () => {
        const placement = new Placement(ids, 3);
        for (const id of ids)
            expect(placement.bucketsOf(id).length).toBeGreaterThan(0);
    });
});
const from = (...names) => names.map((id) => ({ id, hasLost: false }));
describe('coverage of a view by a joining node', () => {
    const base = {
        self: d,
        buckets: [0, 4095],
        pending: [{ ids: [a, b, c], isLost: false }],
        covered: [],
        replicas: 3,
    };
    test('needs so many replicas that every quorum had one of them', () => {
        expect(isCovered(base)).toBe(false);
        expect(isCovered({ ...base, covered: from(a) })).toBe(false);
        expect(isCovered({ ...base, covered: from(a, c) })).toBe(true);
        expect(isCovered({ ...base, covered: from(a, e) })).toBe(false);
    });
    test('a node that lost its data needs all quorums without itself', () => {
        const pending = [{ ids: [b, c, d], isLost: true }];
        expect(isCovered({ ...base, pending, covered: from(b) })).toBe(false);
        expect(isCovered({ ...base, pending, covered: from(b, c) })).toBe(true);
    });
    test('a node that never was in a view speaks for itself', () => {
        const pending = [{ ids: [b, c, d], isLost: false }];
        expect(isCovered({ ...base, pending, covered: from(b) })).toBe(true);
    });
    test('who lost data says nothing about the past, unless all were asked', () => {
        const lost = { id: b, hasLost: true };
        expect(isCovered({ ...base, covered: [...from(a), lost] })).toBe(false);
        expect(isCovered({ ...base, covered: [...from(a, c), lost] })).toBe(true);
        const alike = [a, b, c].map((id) => ({ id, hasLost: true }));
        expect(isCovered({ ...base, covered: alike })).toBe(true);
    });
    test('every pending view must be covered', () => {
        const pending = [...base.pending, { ids: [e], isLost: false }];
        expect(isCovered({ ...base, pending, covered: from(a, b) })).toBe(false);
        expect(isCovered({ ...base, pending, covered: from(a, b, e) })).toBe(true);
    });
});
