import { quorumOf } from '@bzzz/base';
import { Placement } from './placement.js';
/**
 * True when no quorum of a pending view can hold a record that this node lacks: in each bucket
 * either so many of that view's replicas handed over that every quorum contained one of them, or
 * all of them did. Those that did will answer no request of that view any more.
 */
export const isCovered = (input) => input.pending.every((view) => isViewCovered(view, input));
const isViewCovered = (view, input) => {
    const placement = new Placement(view.ids, input.replicas);
    const has = new Map(input.covered.map((one) => [one.id, one]));
    const seen = new Map();
    return input.buckets.every((bucket) => {
        const replicas = placement.of(bucket);
        const known = seen.get(replicas);
        if (known !== undefined)
            return known;
        // A node that never was in the view made no quorum of it, and needs nothing from itself.
        const others = replicas.filter((id) => id !== input.self);
        const selfCounts = others.length < replicas.length && !view.isLost ? 1 : 0;
        const speaks = others.filter((id) => has.get(id)?.hasLost === false).length + selfCounts;
        const isEnough = speaks >= replicas.length - quorumOf(replicas.length) + 1;
        const result = isEnough || others.every((id) => has.has(id));
        seen.set(replicas, result);
        return result;
    });
};
