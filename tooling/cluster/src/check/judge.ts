import type { Outage } from '../cluster-node.js'
import type { Call } from '../history.js'
import { linearizabilityProblems } from './linearizable.js'
import { monotonicProblems } from './monotonic.js'
import { lossProblems, phantomProblems, type FinalValues } from './no-loss.js'

export interface Circumstances {
  readonly finals: FinalValues
  readonly outagesOf: (node: number) => readonly Outage[]
}

const overlaps = ({ sentMs, endedMs }: Call, { fromMs, toMs }: Outage): boolean =>
  sentMs <= toMs && fromMs <= endedMs

/** Whether the node could be expected to answer the call, from when it was made. */
export const isExpected = (call: Call, outages: readonly Outage[]): boolean =>
  !outages.some(
    (outage) => (outage.kind !== 'disk full' || call.kind === 'put') && overlaps(call, outage),
  )

/** When each key was first acknowledged by the node that alone writes it. */
const firstWritten = (calls: readonly Call[]): Map<string, number> => {
  const written = new Map<string, number>()
  for (const { kind, key, outcome, endedMs } of calls)
    if (kind === 'put' && outcome === 'ok' && endedMs < (written.get(key) ?? Infinity))
      written.set(key, endedMs)
  return written
}

/** Calls that are promised to succeed as long as either side is up: no quorums, and reads of what this node wrote. */
export const promisedCalls = (calls: readonly Call[]): readonly Call[] => {
  const written = firstWritten(calls)
  return calls.filter(({ kind, keyClass, key, sentMs }) =>
    kind === 'put'
      ? keyClass !== 'quorum'
      : (keyClass === 'own' || keyClass === 'once') && (written.get(key) ?? Infinity) < sentMs,
  )
}

const hasFailed = ({ outcome, tries, found }: Call): boolean =>
  outcome !== 'ok' || tries > 1 || found === null

/** Promised calls that failed, or needed a second try, while their node ran. */
export const failedCalls = (
  calls: readonly Call[],
  outagesOf: Circumstances['outagesOf'],
): readonly Call[] =>
  promisedCalls(calls)
    .filter(({ endedMs }) => endedMs !== Infinity)
    .filter((call) => hasFailed(call) && isExpected(call, outagesOf(call.node)))

/** Everything that a history must never show, however late its answers were; empty when it does not. */
export const historyProblems = (
  calls: readonly Call[],
  { finals, outagesOf }: Circumstances,
): string[] => [
  ...lossProblems(calls, finals),
  ...phantomProblems(calls, finals),
  ...linearizabilityProblems(calls.filter(({ keyClass }) => keyClass === 'quorum')),
  ...monotonicProblems(calls, {
    restartsMs: (node) =>
      outagesOf(node)
        .filter(({ kind }) => kind === 'killed' || kind === 'stopped')
        .map(({ fromMs }) => fromMs),
  }),
]
