import { utf8 } from '@bzzz/base';
import { sha256 } from '@bzzz/crypto';
import { VIEW_HASH_BYTES } from './wire/request.js';
export const viewOf = (members) => {
    const sorted = [...members].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const text = ['bzzz/view/1', ...sorted.map(({ id }) => id)].join('\n');
    return {
        members: new Map(sorted.map((member) => [member.id, member])),
        hash: sha256(utf8(text)).subarray(0, VIEW_HASH_BYTES),
    };
};
/** The later store of the two; of equals, the one that names addresses. */
const newer = (a, b) => {
    if (a.sinceMs !== b.sinceMs)
        return a.sinceMs > b.sinceMs ? a : b;
    if (a.storeId !== b.storeId)
        return a.storeId > b.storeId ? a : b;
    const isSame = b.addresses.join(' ') === a.addresses.join(' ');
    return b.addresses.length === 0 || isSame ? a : b;
};
/** The union. Both arguments stay as they are; the first is returned when the second adds nothing. */
export const mergeViews = (view, others) => {
    const merged = new Map(view.members);
    let isChanged = false;
    for (const other of others) {
        const known = merged.get(other.id);
        const member = known === undefined ? other : newer(known, other);
        if (member === known)
            continue;
        merged.set(other.id, member);
        isChanged = true;
    }
    return isChanged ? viewOf(merged.values()) : view;
};
/** True when the view has members that the other list lacks. */
export const isAhead = (view, others) => {
    const ids = new Set(Array.from(others, ({ id }) => id));
    return [...view.members.keys()].some((id) => !ids.has(id));
};
const nameOf = (view) => [view.isLost, ...view.ids.toSorted()].join('\n');
/** Adds what is not there yet; empty views have nothing to cover. */
export const addPending = (pending, more) => {
    const known = new Map(pending.map((view) => [nameOf(view), view]));
    for (const view of more)
        if (view.ids.length > 0 && !known.has(nameOf(view)))
            known.set(nameOf(view), view);
    return [...known.values()];
};
