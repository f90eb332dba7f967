import { byKey, describeCall, type Call } from '../history.js'
import { isLinearizable, type RegisterOperation } from './wgl.js'

/**
 * A call as an operation of a register; undefined where it tells nothing. A conditional write that is pending
 * spreads like a plain one (decision 0009): only one that was acknowledged promises that its condition held. What
 * was not done at a quorum promises nothing to others, and may spread at any later time.
 */
const operationOf = (call: Call): RegisterOperation | undefined => {
  const { kind, outcome, sentMs: callMs, endedMs, value = null, expected } = call
  const isQuorum = call.level === 'quorum'
  if (kind === 'get')
    return outcome === 'ok' && isQuorum
      ? { kind: 'read', callMs, returnMs: endedMs, value: call.found ?? null }
      : undefined
  if (outcome === 'unavailable') return undefined
  const condition = expected === undefined ? undefined : (expected?.value ?? null)
  if (outcome === 'conflict')
    return condition === undefined || !isQuorum
      ? undefined
      : { kind: 'differs', callMs, returnMs: endedMs, expected: condition }
  if (outcome !== 'ok' || !isQuorum) return { kind: 'write', callMs, returnMs: Infinity, value }
  return condition === undefined
    ? { kind: 'write', callMs, returnMs: endedMs, value }
    : { kind: 'exchange', callMs, returnMs: endedMs, value, expected: condition }
}

/**
 * Leaves out operations that cannot matter, which would cost the search most: of those of which nobody knows
 * whether they happened, and whose value nobody saw, one can be needed for each refused condition, as what broke
 * it, and the earliest serve best. Had the others happened, they could have done so after everything else.
 */
const relevant = (operations: readonly RegisterOperation[]): RegisterOperation[] => {
  const seen = new Set(
    operations.flatMap(({ kind, value, expected }) =>
      kind === 'read' ? [value] : kind === 'exchange' ? [expected] : [],
    ),
  )
  const isUnseen = ({ returnMs, value }: RegisterOperation): boolean =>
    returnMs === Infinity && !seen.has(value)
  const refused = operations.filter(({ kind }) => kind === 'differs').length
  const needed = operations
    .filter(isUnseen)
    .toSorted((a, b) => a.callMs - b.callMs)
    .slice(0, refused)
  return [...operations.filter((operation) => !isUnseen(operation)), ...needed]
}

const registerOf = (calls: readonly Call[]): RegisterOperation[] =>
  relevant(calls.map(operationOf).filter((operation) => operation !== undefined))

/** What had been told by a moment; what had not returned by then may or may not have happened. */
const until = (calls: readonly Call[], moment: number): Call[] =>
  calls
    .filter(({ sentMs }) => sentMs <= moment)
    .filter(({ kind, endedMs }) => kind === 'put' || endedMs <= moment)
    .map((call) => (call.endedMs <= moment ? call : { ...call, outcome: 'unknown' }))

/** The shortest beginning of the history that already shows it. */
const shortest = (calls: readonly Call[]): Call[] => {
  const moments = calls.map(({ endedMs }) => endedMs).toSorted((a, b) => a - b)
  let [least, most] = [0, moments.length - 1]
  while (least < most) {
    const middle = Math.floor((least + most) / 2)
    if (isLinearizable(registerOf(until(calls, moments[middle] ?? 0)))) least = middle + 1
    else most = middle
  }
  return until(calls, moments[least] ?? Infinity)
}

/** Last calls of a history that are printed. */
const SHOWN_MAX = 40

/** Keys whose calls no single copy could have answered so, each with the calls that show it. */
export const linearizabilityProblems = (calls: readonly Call[]): string[] =>
  [...byKey(calls)]
    .filter(([, group]) => !isLinearizable(registerOf(group)))
    .map(([key, group]) => {
      const shown = shortest(group)
        .toSorted((a, b) => a.sentMs - b.sentMs)
        .slice(-SHOWN_MAX)
      return [`${key} is not linearizable:`, ...shown.map(describeCall)].join('\n')
    })
