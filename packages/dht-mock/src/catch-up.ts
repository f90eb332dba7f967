import { compareVersions } from '@bzzz/base'
import type { RecordHead, Store } from '@bzzz/store'
import { callUntil, type NodeContext } from './neighbours.js'
import type { BucketHeads } from './replica.js'

/** Longest try to compare with one peer, milliseconds; the next change of its state tries again. */
export const CATCH_UP_MS = 30_000

/** Keys whose records travel in one message. */
const FETCH_MAX = 256

/** True for a record that the store lacks, or has older. */
export const isNewer = (store: Store, { key, version }: RecordHead): boolean => {
  const own = store.head(key)
  return own === undefined || compareVersions(own.version, version) < 0
}

/** The heads that another node holds in the buckets in which it differs from this one. */
export const headsAt = (
  node: NodeContext,
  peerId: string,
  untilMs: number,
): Promise<BucketHeads[]> => {
  const digests = node.replica.digests()
  return callUntil(node, peerId, 'digests', (at) => at.headsDiffering(digests), untilMs)
}

/** Brings records of another node here. */
export const fetchFrom = async (
  node: NodeContext,
  peerId: string,
  keys: readonly string[],
  untilMs: number,
): Promise<void> => {
  for (let from = 0; from < keys.length; from += FETCH_MAX) {
    const some = keys.slice(from, from + FETCH_MAX)
    const records = await callUntil(node, peerId, 'fetch', (at) => at.readAll(some), untilMs)
    await Promise.all(records.map((record) => node.replica.apply(record)))
  }
}

/**
 * Makes this node and another one alike in what both should hold: bucket digests, then heads of
 * the buckets that differ, then records, both ways. Each end sees the other return at its own time,
 * and what one of them gave up sending before it did, it must bring now.
 */
export const catchUp = async (node: NodeContext, peerId: string): Promise<void> => {
  const { store, neighbours, clock } = node
  const untilMs = clock.monotonicMs() + CATCH_UP_MS
  const differing = await headsAt(node, peerId, untilMs)
  const theirs = differing.flatMap(({ heads }) => heads)
  const wanted = theirs.filter(
    (head) => neighbours.replicasOf(head.key).includes(node.peerId) && isNewer(store, head),
  )
  await fetchFrom(
    node,
    peerId,
    wanted.map(({ key }) => key),
    untilMs,
  )
  const known = new Map(theirs.map(({ key, version }) => [key, version]))
  for (const { bucket } of differing)
    for (const { key, version } of store.heads(bucket)) {
      const there = known.get(key)
      if (there !== undefined && compareVersions(there, version) >= 0) continue
      if (!neighbours.replicasOf(key).includes(peerId)) continue
      const record = await store.read(key)
      if (record !== undefined)
        await callUntil(node, peerId, 'bring', (at) => at.apply(record), untilMs)
    }
}
