import { isLinearizable, type Operation } from './wgl.js'

/** What clients did, per key. */
export class History {
  readonly operations = new Map<string, Operation[]>()

  add(key: string, operation: Operation): Operation {
    const list = this.operations.get(key) ?? []
    this.operations.set(key, list)
    list.push(operation)
    return operation
  }

  get count(): number {
    return [...this.operations.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** Throws with the history of the first key that no single copy could have given. */
  check(): void {
    for (const [key, list] of this.operations) {
      // A read that failed says nothing.
      const told = list
        .filter(({ kind, ret }) => kind !== 'read' || ret !== Infinity)
        .map(asPromised)
      if (!isLinearizable(told))
        throw new Error(`${key} is not linearizable:\n${show(shortest(told))}`)
    }
  }
}

/** What had happened when the history first was none of a single copy. */
const shortest = (operations: readonly Operation[]): Operation[] => {
  const moments = operations.map(({ ret }) => ret).toSorted((a, b) => a - b)
  let [least, most] = [0, moments.length - 1]
  while (least < most) {
    const middle = Math.floor((least + most) / 2)
    if (isLinearizable(until(operations, moments[middle] ?? 0))) least = middle + 1
    else most = middle
  }
  return until(operations, moments[least] ?? Infinity)
}

const until = (operations: readonly Operation[], moment: number): Operation[] =>
  operations
    .filter(({ call }) => call <= moment)
    .map((operation) => (operation.ret <= moment ? operation : { ...operation, ret: Infinity }))
    .filter(({ kind, ret }) => ret !== Infinity || kind === 'write' || kind === 'cas')

/**
 * Decision 0009, "Conditional writes", its last line: one that is `pending` "then spreads like a plain
 * write". Only one that some try acknowledged promises that its condition held.
 */
const asPromised = (operation: Operation): Operation =>
  operation.kind === 'cas' && operation.ret === Infinity
    ? { ...operation, kind: 'write' }
    : operation

const what = ({ kind, value, result, expected }: Operation): string => {
  if (kind === 'read') return `read ${result}`
  if (kind === 'write') return `write ${value}`
  return kind === 'cas' ? `write ${value} if ${expected}` : `refused: is not ${expected}`
}

const show = (operations: readonly Operation[]): string =>
  operations
    .toSorted((a, b) => a.call - b.call)
    .map((operation) => {
      const { call, ret, note = '' } = operation
      return `${call.toFixed(1)}..${ret.toFixed(1)} ${what(operation)} ${note}`.trimEnd()
    })
    .join('\n')
