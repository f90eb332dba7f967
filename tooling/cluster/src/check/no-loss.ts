import { byKey, describeCall, isKept, type Call } from '../history.js'

/** What a key reads as in the end, at a quorum; null for none. */
export type FinalValues = ReadonlyMap<string, string | null>

/**
 * Whether the first write was done before the second began, in a way that the second's writer could know: by the
 * same node, or both at a quorum. Others were concurrent, and either may win.
 */
const happenedBefore = (first: Call, second: Call): boolean =>
  isDone(first) &&
  first.endedMs < second.sentMs &&
  (first.node === second.node || (isQuorum(first) && isQuorum(second)))

const isDone = ({ outcome }: Call): boolean => outcome === 'ok' || outcome === 'pending'

const isQuorum = ({ level, outcome }: Call): boolean => level === 'quorum' && outcome === 'ok'

/** Acknowledged writes that are neither readable nor superseded by one that was later or concurrent. */
export const lossProblems = (calls: readonly Call[], finals: FinalValues): string[] => {
  const problems: string[] = []
  for (const [key, group] of byKey(calls)) {
    const writes = group.filter(({ kind }) => kind === 'put')
    const final = finals.get(key)
    if (final === undefined) {
      problems.push(`${key} was not read in the end`)
      continue
    }
    const winner = writes.find(({ value }) => value === final)
    if (final !== null && winner === undefined)
      problems.push(`${key} reads as ${final}, which nobody wrote`)
    for (const write of writes.filter(isKept)) {
      if (write.value === final) continue
      if (winner === undefined) problems.push(`lost, ${key} is absent: ${describeCall(write)}`)
      else if (happenedBefore(winner, write))
        problems.push(`lost to an earlier write:\n${describeCall(write)}\n${describeCall(winner)}`)
    }
  }
  return problems
}

/** Writes that were refused for good and are there all the same. */
export const phantomProblems = (calls: readonly Call[], finals: FinalValues): string[] =>
  calls
    .filter(({ kind, outcome }) => kind === 'put' && outcome === 'conflict')
    .filter(({ key, value }) => finals.get(key) === value)
    .map((call) => `refused, and there: ${describeCall(call)}`)
