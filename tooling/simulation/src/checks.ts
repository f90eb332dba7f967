import { compareVersions, type Version } from '@bzzz/base'
import { describe, isAtQuorum, isKept, isWrite, type Call, type History } from './history.js'
import { isLinearizable, type RegisterOperation } from './register.js'

/** What broke a promise: the rule, and the calls that show it. */
export interface Breach {
  readonly rule:
    | 'lost'
    | 'doubled'
    | 'reordered'
    | 'not linearizable'
    | 'told as absent'
    | 'a phantom'
  readonly calls: readonly Call[]
}

export const describeBreach = ({ rule, calls }: Breach): string =>
  [`${rule}:`, ...calls.map(describe)].join('\n')

/** The record of a key in the end, on all nodes. */
export interface Final {
  readonly opId: string
  readonly version: Version
}

/**
 * Whether the first write was done before the second began, in a way that the second's writer could
 * know: by the same node, or both at a quorum. Others were concurrent, and either may win.
 */
const happenedBefore = (first: Call, second: Call): boolean =>
  isKept(first) &&
  first.endMs < second.startMs &&
  (first.node === second.node || (isAtQuorum(first) && isAtQuorum(second)))

/** Acknowledged writes that are neither there in the end nor superseded by one that came later or at once. */
export const lost = (history: History, finals: ReadonlyMap<string, Final>): Breach[] =>
  history.calls.filter(isWrite).flatMap((write): Breach[] => {
    if (!isKept(write)) return []
    const final = finals.get(write.key)
    if (final === undefined) return [{ rule: 'lost', calls: [write] }]
    if (final.opId === write.opId) return []
    const isBehind =
      write.version !== undefined && compareVersions(final.version, write.version) < 0
    const winner = history.of(write.key).find(({ opId }) => opId === final.opId)
    if (winner === undefined) return [{ rule: 'a phantom', calls: [write] }]
    return isBehind || happenedBefore(winner, write)
      ? [{ rule: 'lost', calls: [winner, write] }]
      : []
  })

/** Conditional writes that were refused at their first try, and took effect all the same. */
export const phantoms = (history: History, finals: ReadonlyMap<string, Final>): Breach[] =>
  history.calls
    .filter(({ outcome, tries }) => outcome === 'conflict' && tries === 1)
    .filter(({ key, opId }) => finals.get(key)?.opId === opId)
    .map((call) => ({ rule: 'a phantom' as const, calls: [call] }))

const isAnswer = ({ kind, outcome }: Call): boolean => kind === 'get' && outcome === 'answered'

/** Reads binds over a restart only what the node itself wrote: what it had shown was in memory. */
const binds = (told: Call, read: Call): boolean =>
  told.endMs < read.startMs && (isWrite(told) ? isKept(told) : told.boot === read.boot)

const wasDeletedAfter = (history: History, version: Version, read: Call): boolean =>
  history.of(read.key).some((call) => {
    if (call.kind !== 'delete' || call.startMs > read.endMs) return false
    const deleted = history.versionOf(call)
    return deleted !== undefined && compareVersions(deleted, version) > 0
  })

const isBehind = (history: History, read: Call, told: Call): boolean => {
  if (told.version === undefined) return false
  if (read.version !== undefined) return compareVersions(read.version, told.version) < 0
  if (told.kind === 'delete') return false
  return !wasDeletedAfter(history, told.version, read)
}

const sessionsOf = (history: History): Call[][] => {
  const sessions = new Map<string, Call[]>()
  for (const call of history.calls) {
    const name = `${call.node} ${call.key}`
    const session = sessions.get(name)
    if (session === undefined) sessions.set(name, [call])
    else session.push(call)
  }
  return [...sessions.values()]
}

/** Reads that show less than their node had shown or had acknowledged before. */
export const reordered = (history: History): Breach[] =>
  sessionsOf(history).flatMap((session) =>
    session
      .filter((call) => isAnswer(call) && call.allowStale !== true)
      .flatMap((read): Breach[] => {
        const told = session.find((call) => binds(call, read) && isBehind(history, read, call))
        return told === undefined ? [] : [{ rule: 'reordered', calls: [told, read] }]
      }),
  )

/** Values that a node showed again after another one, though their write had been answered before that. */
export const doubled = (history: History): Breach[] => {
  const writes = new Map(history.calls.filter(isWrite).map((call) => [call.value, call]))
  return sessionsOf(history).flatMap((session) => {
    const reads = session.filter((call) => isAnswer(call) && call.allowStale !== true)
    return reads.flatMap((again): Breach[] => {
      const write = typeof again.found === 'string' ? writes.get(again.found) : undefined
      if (write === undefined || !isKept(write)) return []
      const other = reads.find(
        (read) =>
          read.found !== again.found &&
          read.boot === again.boot &&
          read.startMs > write.endMs &&
          read.endMs < again.startMs &&
          reads.some(
            (first) =>
              first.found === again.found && first.boot === read.boot && first.endMs < read.startMs,
          ),
      )
      return other === undefined ? [] : [{ rule: 'doubled', calls: [write, other, again] }]
    })
  })
}

/** A call at a quorum as an operation of a register; undefined where it tells nothing. */
const operationOf = (call: Call): RegisterOperation | undefined => {
  const { kind, outcome, startMs, endMs, value, expected, isAlone, tries } = call
  if (kind === 'get')
    return outcome === 'answered' && !isAlone
      ? { kind: 'read', startMs, endMs, value: call.found ?? null }
      : undefined
  if (outcome === 'conflict' && tries === 1)
    return isAlone || expected === undefined
      ? undefined
      : { kind: 'differs', startMs, endMs, value: null, expected }
  // A conditional write that is pending spreads like a plain one (decision 0009).
  if (outcome !== 'acknowledged' || isAlone)
    return { kind: 'write', startMs, endMs: Infinity, value }
  return expected === undefined
    ? { kind: 'write', startMs, endMs, value }
    : { kind: 'exchange', startMs, endMs, value, expected }
}

const registerOf = (calls: readonly Call[]): RegisterOperation[] =>
  calls.map(operationOf).filter((operation) => operation !== undefined)

/** What had been told by a moment; what had not returned by then may or may not have happened. */
const until = (calls: readonly Call[], momentMs: number): Call[] =>
  calls
    .filter(({ startMs }) => startMs <= momentMs)
    .map((call) => (call.endMs <= momentMs ? call : { ...call, outcome: 'open' as const }))

const shortest = (calls: readonly Call[]): Call[] => {
  const moments = calls.map(({ endMs }) => endMs).toSorted((a, b) => a - b)
  let [least, most] = [0, moments.length - 1]
  while (least < most) {
    const middle = Math.floor((least + most) / 2)
    if (isLinearizable(registerOf(until(calls, moments[middle] ?? 0)))) least = middle + 1
    else most = middle
  }
  return until(calls, moments[least] ?? Infinity)
}

/** Calls of a history that are shown. */
const SHOWN_MAX = 40

/** Keys that are only used at quorums, and whose calls no single copy could have answered so. */
export const notLinearizable = (history: History, keys: readonly string[]): Breach[] =>
  keys
    .map((key) => history.of(key))
    .filter((calls) => !isLinearizable(registerOf(calls)))
    .map((calls) => ({
      rule: 'not linearizable' as const,
      calls: shortest(calls)
        .toSorted((a, b) => a.startMs - b.startMs)
        .slice(-SHOWN_MAX),
    }))

/**
 * Reads that said "there is none" of a key that a quorum had acknowledged before, and that nobody has
 * tried to delete. A node that had left the mesh cannot know of what was written since.
 */
export const toldAsAbsent = (history: History): Breach[] =>
  history.calls
    .filter((call) => isAnswer(call) && call.found === null)
    .filter(({ allowStale, level }) => allowStale !== true && level !== 'local')
    .flatMap((read): Breach[] => {
      const calls = history.of(read.key)
      if (calls.some(({ kind, startMs }) => kind === 'delete' && startMs < read.endMs)) return []
      const knownMs = Math.min(read.startMs, read.leftMs ?? Infinity)
      const write = calls.find((call) => isWrite(call) && isAtQuorum(call) && call.endMs < knownMs)
      return write === undefined ? [] : [{ rule: 'told as absent', calls: [write, read] }]
    })
