import { compareVersions } from '@bzzz/base'
import { BUCKETS } from '@bzzz/store'
import { callUntil, type NodeContext } from './neighbours.js'
import { digestText } from './replica.js'

/** Longest try to compare with one peer, milliseconds; the next change of its state tries again. */
const CATCH_UP_MS = 30_000

/**
 * Fetches what this node should hold and another one holds newer: bucket digests, then heads of
 * the buckets that differ, then records.
 */
export const catchUp = async (node: NodeContext, peerId: string): Promise<void> => {
  const { store, neighbours, replica, clock } = node
  const untilMs = clock.monotonicMs() + CATCH_UP_MS
  const digests = Array.from({ length: BUCKETS }, (_, bucket) => digestText(store, bucket))
  const theirs = await callUntil(
    node,
    peerId,
    'digests',
    (at) => at.headsDiffering(digests),
    untilMs,
  )
  for (const { key, version } of theirs) {
    if (!neighbours.replicasOf(key).includes(node.peerId)) continue
    const own = store.head(key)
    if (own !== undefined && compareVersions(own.version, version) >= 0) continue
    const record = await callUntil(node, peerId, 'fetch', (at) => at.read(key), untilMs)
    if (record !== undefined) await replica.apply(record)
  }
}
