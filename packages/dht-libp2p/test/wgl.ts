/**
 * A checker of linearizability for one register, after Wing, Gong and Lowe: it looks for an order of
 * the operations that respects real time and in which each read returns what was written last.
 */
export interface Operation {
  /** `differs`: a compare-and-set that was refused, as the state was another than it expected. */
  kind: 'read' | 'write' | 'cas' | 'differs'
  readonly call: number
  /** Infinity: it never returned, or its outcome is unknown. It may have happened at any later time, or never. */
  ret: number
  /** Written by a write. */
  readonly value?: string | null
  /** What a compare-and-set expected. */
  readonly expected?: string | null
  /** What a read returned. */
  result?: string | null
  /** Where and how it was done, for whoever reads a history. */
  note?: string
}

type State = string | null

/** The state after the operation, or undefined when it cannot happen in this state. */
const step = (state: State, operation: Operation): { next: State } | undefined => {
  if (operation.kind === 'write') return { next: operation.value ?? null }
  if (operation.kind === 'read') return operation.result === state ? { next: state } : undefined
  const isExpected = (operation.expected ?? null) === state
  if (operation.kind === 'differs') return isExpected ? undefined : { next: state }
  return isExpected ? { next: operation.value ?? null } : undefined
}

interface Node {
  readonly op: number
  readonly isCall: boolean
  prev: Node | undefined
  next: Node | undefined
  match: Node | undefined
}

const link = (operations: readonly Operation[]): Node => {
  const events = operations.flatMap((operation, op) => [
    { at: operation.call, op, isCall: true },
    { at: operation.ret, op, isCall: false },
  ])
  events.sort((a, b) => (a.at === b.at ? Number(b.isCall) - Number(a.isCall) : a.at - b.at))
  const head: Node = { op: -1, isCall: false, prev: undefined, next: undefined, match: undefined }
  const calls: (Node | undefined)[] = []
  const returns: (Node | undefined)[] = []
  let last = head
  for (const { op, isCall } of events) {
    const node: Node = { op, isCall, prev: last, next: undefined, match: undefined }
    last.next = node
    last = node
    ;(isCall ? calls : returns)[op] = node
  }
  for (const [op, call] of calls.entries()) if (call !== undefined) call.match = returns[op]
  return head
}

const detach = (node: Node | undefined): void => {
  if (node === undefined) return
  if (node.prev !== undefined) node.prev.next = node.next
  if (node.next !== undefined) node.next.prev = node.prev
}

const attach = (node: Node | undefined): void => {
  if (node === undefined) return
  if (node.prev !== undefined) node.prev.next = node
  if (node.next !== undefined) node.next.prev = node
}

/** True when such an order exists. Operations must be few: some hundred, of ten clients at most. */
export const isLinearizable = (
  operations: readonly Operation[],
  initial: State = null,
): boolean => {
  const head = link(operations)
  const done = operations.map(() => false)
  const seen = new Set<string>()
  const stack: { readonly node: Node; readonly state: State }[] = []
  const nameOf = (state: State): string =>
    `${done.map((isDone) => (isDone ? '1' : '0')).join('')}${state ?? '\0'}`
  let state = initial
  let node = head.next
  while (head.next !== undefined) {
    if (node?.isCall === true) {
      const operation = operations[node.op]
      const after = operation === undefined ? undefined : step(state, operation)
      if (after !== undefined) {
        done[node.op] = true
        const name = nameOf(after.next)
        if (!seen.has(name)) {
          seen.add(name)
          stack.push({ node, state })
          state = after.next
          detach(node)
          detach(node.match)
          node = head.next
          continue
        }
        done[node.op] = false
      }
      node = node.next
      continue
    }
    // A return: its call did not fit. What never returned need not have happened.
    if (node !== undefined && operations[node.op]?.ret === Infinity) return true
    const back = stack.pop()
    if (back === undefined) return false
    state = back.state
    done[back.node.op] = false
    attach(back.node.match)
    attach(back.node)
    node = back.node.next
  }
  return true
}
