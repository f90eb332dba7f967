import { isLinearizable } from './wgl.js';
/** What clients did, per key. */
export class History {
    operations = new Map();
    add(key, operation) {
        const list = this.operations.get(key) ?? [];
        this.operations.set(key, list);
        list.push(operation);
        return operation;
    }
    /** Throws with the history of the first key that no single copy could have given. */
    check() {
        for (const [key, list] of this.operations) {
            // A read that failed says nothing.
            const told = list.filter(({ kind, ret }) => kind !== 'read' || ret !== Infinity);
            if (!isLinearizable(told))
                throw new Error(`${key} is not linearizable:\n${show(told)}`);
        }
    }
}
const show = (operations) => operations
    .toSorted((a, b) => a.call - b.call)
    .map(({ kind, call, ret, value, result, expected }) => `${call.toFixed(1)}..${ret.toFixed(1)} ${kind} ${kind === 'read' ? String(result) : String(value)}` +
    (kind === 'cas' ? ` if ${String(expected)}` : ''))
    .join('\n');
