import { byKey, compareVersionTexts, describeCall, type Call } from '../history.js'

/** What a node has told of a key, in order of its answers. */
interface Told {
  readonly call: Call
  readonly version: string
}

export interface MonotonicOptions {
  /** Times at which the node lost what it had in memory, wall milliseconds. */
  readonly restartsMs: (node: number) => readonly number[]
}

/** A read may fall behind an earlier read only over a restart; behind the node's own write never. */
const binds = (told: Told, read: Call, restartsMs: readonly number[]): boolean =>
  told.call.kind === 'put' ||
  !restartsMs.some((atMs) => told.call.sentMs <= atMs && atMs <= read.endedMs)

const versionOf = ({ kind, outcome, version }: Call): string | undefined =>
  outcome === 'ok' || (kind === 'put' && outcome === 'pending') ? version : undefined

const isBehind = ({ found, version }: Call, told: Told): boolean =>
  found === null || (version !== undefined && compareVersionTexts(version, told.version) < 0)

const inOneNode = (calls: readonly Call[], restartsMs: readonly number[]): string[] => {
  const problems: string[] = []
  const answers = calls
    .flatMap((call): Told[] => {
      const version = versionOf(call)
      return version === undefined ? [] : [{ call, version }]
    })
    .toSorted((a, b) => a.call.endedMs - b.call.endedMs)
  const reads = calls.filter(({ kind, outcome }) => kind === 'get' && outcome === 'ok')
  for (const read of reads.toSorted((a, b) => a.sentMs - b.sentMs)) {
    let newest: Told | undefined
    for (const told of answers) {
      if (told.call.endedMs >= read.sentMs) break
      if (!binds(told, read, restartsMs)) continue
      if (newest === undefined || compareVersionTexts(told.version, newest.version) > 0)
        newest = told
    }
    if (newest !== undefined && isBehind(read, newest))
      problems.push(`went back:\n${describeCall(newest.call)}\n${describeCall(read)}`)
  }
  return problems
}

/**
 * Reads of a node that show less than the node had shown, or had acknowledged, before. Nothing may be deleted in
 * such a history.
 */
export const monotonicProblems = (
  calls: readonly Call[],
  { restartsMs }: MonotonicOptions,
): string[] =>
  [...byKey(calls).values()].flatMap((group) => {
    const nodes = new Set(group.map(({ node }) => node))
    return [...nodes].flatMap((node) =>
      inOneNode(
        group.filter((call) => call.node === node),
        restartsMs(node),
      ),
    )
  })
