/** One operation on one key, as a client saw it. */
export interface RegisterOperation {
  /** `differs`: a conditional write that was refused, as the value was another than expected. */
  readonly kind: 'read' | 'write' | 'exchange' | 'differs'
  readonly startMs: number
  /** Infinity: it may take effect at any later time, or never. */
  readonly endMs: number
  /** Written, or returned by a read; null for none. */
  readonly value: string | null
  readonly expected?: string | null
}

type State = string | null

/** The state after the operation, or undefined where it cannot happen in this one. */
const after = (state: State, { kind, value, expected = null }: RegisterOperation) => {
  if (kind === 'write') return { state: value }
  if (kind === 'read') return value === state ? { state } : undefined
  if (kind === 'differs') return expected === state ? undefined : { state }
  return expected === state ? { state: value } : undefined
}

/**
 * Leaves out what cannot matter and costs the search most: writes of which nobody knows whether
 * they happened, and whose value nobody saw. One can be needed for each refused condition, as what
 * broke it, and the earliest serve best.
 */
const relevant = (operations: readonly RegisterOperation[]): RegisterOperation[] => {
  const seen = new Set(
    operations.flatMap(({ kind, value, expected }) =>
      kind === 'read' ? [value] : expected === undefined ? [] : [expected],
    ),
  )
  const isUnseen = ({ endMs, value }: RegisterOperation): boolean =>
    endMs === Infinity && !seen.has(value)
  const refused = operations.filter(({ kind }) => kind === 'differs').length
  const byStart = operations.toSorted((a, b) => a.startMs - b.startMs)
  const kept = new Set(byStart.filter(isUnseen).slice(0, refused))
  return byStart.filter((operation) => !isUnseen(operation) || kept.has(operation))
}

/**
 * True when one copy could have answered so: there is an order of the operations that respects real
 * time and in which each sees what was written last (Wing and Gong, with a memory of what led
 * nowhere). For some hundred operations of a few clients.
 */
export const isLinearizable = (
  history: readonly RegisterOperation[],
  initial: State = null,
): boolean => {
  const operations = relevant(history)
  const isDone = operations.map(() => false)
  const failed = new Set<string>()
  let left = operations.filter(({ endMs }) => endMs < Infinity).length

  const search = (state: State, from: number): boolean => {
    if (left === 0) return true
    while (isDone[from] === true) from++
    const name = `${from}:${nameOf(isDone, from)}:${state ?? '\0'}`
    if (failed.has(name)) return false
    let boundMs = Infinity
    for (let i = from; i < operations.length; i++) {
      const operation = operations[i]
      if (operation === undefined || isDone[i] === true) continue
      // From here on, whatever began did so after one that must come first had ended.
      if (operation.startMs > boundMs) break
      boundMs = Math.min(boundMs, operation.endMs)
      const next = after(state, operation)
      if (next === undefined) continue
      const counts = operation.endMs < Infinity ? 1 : 0
      isDone[i] = true
      left -= counts
      if (search(next.state, from)) return true
      isDone[i] = false
      left += counts
    }
    failed.add(name)
    return false
  }
  return search(initial, 0)
}

/** Which of the operations from there on are done; few beyond the first ones. */
const nameOf = (isDone: readonly boolean[], from: number): string => {
  const last = isDone.lastIndexOf(true)
  let name = ''
  for (let i = from; i <= last; i++) name += isDone[i] === true ? '1' : '0'
  return name
}
