/**
 * Linearizability of one register, after Wing, Gong and Lowe: looks for an order of the operations that respects
 * real time and in which each read returns what was written last. Calls and returns stand in a linked list, from
 * which an operation is lifted when it takes effect and put back when that led nowhere; a set of operations that
 * led to the same value before is not tried again (as in https://github.com/anishathalye/porcupine).
 */
export interface RegisterOperation {
  /** `differs`: a conditional write that was refused, as the value was another. */
  readonly kind: 'read' | 'write' | 'exchange' | 'differs'
  readonly callMs: number
  /** Infinity: it may have taken effect at any later time, or never. */
  readonly returnMs: number
  /** Written, or returned by a read; null for none. */
  readonly value?: string | null
  readonly expected?: string | null
}

type Value = string | null

/** The value after the operation; undefined where it cannot happen. */
const step = (before: Value, { kind, value = null, expected = null }: RegisterOperation) => {
  if (kind === 'write') return { after: value }
  if (kind === 'read') return value === before ? { after: before } : undefined
  if (kind === 'differs') return expected === before ? undefined : { after: before }
  return expected === before ? { after: value } : undefined
}

interface Mark {
  readonly operation: number
  readonly isCall: boolean
  before: Mark | undefined
  after: Mark | undefined
  /** Of a call: its return. */
  end: Mark | undefined
}

const markOf = (operation: number, isCall: boolean): Mark => ({
  operation,
  isCall,
  before: undefined,
  after: undefined,
  end: undefined,
})

const linked = (operations: readonly RegisterOperation[]): Mark => {
  const marks = operations.flatMap(({ callMs, returnMs }, operation) => {
    const [call, end] = [markOf(operation, true), markOf(operation, false)]
    call.end = end
    return [
      { atMs: callMs, mark: call },
      { atMs: returnMs, mark: end },
    ]
  })
  // Of what happens at one time, calls first: they may then have overlapped.
  marks.sort((a, b) =>
    a.atMs === b.atMs ? Number(b.mark.isCall) - Number(a.mark.isCall) : a.atMs - b.atMs,
  )
  const head = markOf(-1, false)
  let last = head
  for (const { mark } of marks) {
    last.after = mark
    mark.before = last
    last = mark
  }
  return head
}

const lift = (mark: Mark | undefined): void => {
  if (mark === undefined) return
  if (mark.before !== undefined) mark.before.after = mark.after
  if (mark.after !== undefined) mark.after.before = mark.before
}

const putBack = (mark: Mark | undefined): void => {
  if (mark === undefined) return
  if (mark.before !== undefined) mark.before.after = mark
  if (mark.after !== undefined) mark.after.before = mark
}

/** Which operations have taken effect, with the value that they led to, as a name. */
class Progress {
  readonly #words: Uint32Array
  readonly #seen = new Set<string>()

  constructor(operations: number) {
    this.#words = new Uint32Array(Math.ceil(operations / 32))
  }

  flip(operation: number): void {
    const at = operation >>> 5
    this.#words[at] = ((this.#words[at] ?? 0) ^ (1 << (operation & 31))) >>> 0
  }

  /** True the first time. */
  isNew(value: Value): boolean {
    const name = `${String.fromCharCode(...new Uint16Array(this.#words.buffer))}${value ?? '\0'}`
    const size = this.#seen.size
    return this.#seen.add(name).size > size
  }
}

/** True when there is such an order. Tens of thousands of operations are fine where few overlap. */
export const isLinearizable = (
  operations: readonly RegisterOperation[],
  initial: Value = null,
): boolean => {
  const head = linked(operations)
  const progress = new Progress(operations.length)
  const done: { readonly call: Mark; readonly before: Value }[] = []
  let value = initial
  let mark = head.after
  while (head.after !== undefined) {
    if (mark?.isCall === true) {
      const operation = operations[mark.operation]
      const next = operation === undefined ? undefined : step(value, operation)
      if (next !== undefined) {
        progress.flip(mark.operation)
        if (progress.isNew(next.after)) {
          done.push({ call: mark, before: value })
          value = next.after
          lift(mark)
          lift(mark.end)
          mark = head.after
          continue
        }
        progress.flip(mark.operation)
      }
      mark = mark.after
      continue
    }
    // A return whose call has not fitted. What never returned need not have happened.
    if (mark !== undefined && operations[mark.operation]?.returnMs === Infinity) return true
    const last = done.pop()
    if (last === undefined) return false
    value = last.before
    progress.flip(last.call.operation)
    putBack(last.call.end)
    putBack(last.call)
    mark = last.call.after
  }
  return true
}
