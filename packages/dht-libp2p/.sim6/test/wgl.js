/** The state after the operation, or undefined when it cannot happen in this state. */
const step = (state, operation) => {
    if (operation.kind === 'write')
        return { next: operation.value ?? null };
    if (operation.kind === 'read')
        return operation.result === state ? { next: state } : undefined;
    return operation.expected === state ? { next: operation.value ?? null } : undefined;
};
const link = (operations) => {
    const events = operations.flatMap((operation, op) => [
        { at: operation.call, op, isCall: true },
        { at: operation.ret, op, isCall: false },
    ]);
    events.sort((a, b) => (a.at === b.at ? Number(b.isCall) - Number(a.isCall) : a.at - b.at));
    const head = { op: -1, isCall: false, prev: undefined, next: undefined, match: undefined };
    const calls = [];
    const returns = [];
    let last = head;
    for (const { op, isCall } of events) {
        const node = { op, isCall, prev: last, next: undefined, match: undefined };
        last.next = node;
        last = node;
        (isCall ? calls : returns)[op] = node;
    }
    for (const [op, call] of calls.entries())
        if (call !== undefined)
            call.match = returns[op];
    return head;
};
const detach = (node) => {
    if (node === undefined)
        return;
    if (node.prev !== undefined)
        node.prev.next = node.next;
    if (node.next !== undefined)
        node.next.prev = node.prev;
};
const attach = (node) => {
    if (node === undefined)
        return;
    if (node.prev !== undefined)
        node.prev.next = node;
    if (node.next !== undefined)
        node.next.prev = node;
};
/** True when such an order exists. Operations must be few: some hundred, of ten clients at most. */
export const isLinearizable = (operations, initial = null) => {
    const head = link(operations);
    const done = operations.map(() => false);
    const seen = new Set();
    const stack = [];
    const nameOf = (state) => `${done.map((isDone) => (isDone ? '1' : '0')).join('')}${state ?? '\0'}`;
    let state = initial;
    let node = head.next;
    while (head.next !== undefined) {
        if (node?.isCall === true) {
            const operation = operations[node.op];
            const after = operation === undefined ? undefined : step(state, operation);
            if (after !== undefined) {
                done[node.op] = true;
                const name = nameOf(after.next);
                if (!seen.has(name)) {
                    seen.add(name);
                    stack.push({ node, state });
                    state = after.next;
                    detach(node);
                    detach(node.match);
                    node = head.next;
                    continue;
                }
                done[node.op] = false;
            }
            node = node.next;
            continue;
        }
        // A return: its call did not fit. What never returned need not have happened.
        if (node !== undefined && operations[node.op]?.ret === Infinity)
            return true;
        const back = stack.pop();
        if (back === undefined)
            return false;
        state = back.state;
        done[back.node.op] = false;
        attach(back.node.match);
        attach(back.node);
        node = back.node.next;
    }
    return true;
};
