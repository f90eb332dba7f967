import { compareVersions, type StampedRecord } from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import { callUntil, firstOf, type NodeContext } from './neighbours.js'

interface Answer {
  readonly peerId: string
  readonly record: StampedRecord | undefined
}

const newestOf = (answers: readonly Answer[]): StampedRecord | undefined => {
  let newest: StampedRecord | undefined
  for (const { record } of answers)
    if (
      record !== undefined &&
      (newest === undefined || compareVersions(record.version, newest.version) > 0)
    )
      newest = record
  return newest
}

/**
 * The newest record that `need` replicas hold. Where they disagree, the newest is brought to as
 * many first, so that no later read can give an older one.
 */
export const quorumRead = async (
  node: NodeContext,
  key: string,
  need: number,
  untilMs: number,
): Promise<StampedRecord | undefined> => {
  const targets = node.neighbours.replicasOf(key)
  try {
    for (;;) {
      const asked = targets.map(async (peerId): Promise<Answer> => {
        const record = await callUntil(node, peerId, 'read', (at) => at.read(key), untilMs)
        return { peerId, record }
      })
      const answers = await firstOf(asked, need)
      // What this node wrote is seen while it is still on its way, also where it is no replica.
      const own = { peerId: node.peerId, record: await node.store.read(key) }
      const newest = newestOf([...answers, own])
      if (newest === undefined) return undefined
      await renew(node, newest)
      const isHolder = ({ record }: Answer): boolean =>
        record !== undefined && compareVersions(record.version, newest.version) === 0
      const holders = new Set(answers.filter(isHolder).map(({ peerId }) => peerId))
      const stale = targets.filter((peerId) => !holders.has(peerId))
      if (holders.size >= need) {
        repair(node, newest, answers)
        return newest
      }
      const written = await firstOf(
        stale.map((peerId) =>
          callUntil(node, peerId, 'write back', (at) => at.apply(newest), untilMs),
        ),
        need - holders.size,
      )
      if (written.every(({ outcome }) => outcome !== 'older')) return newest
    }
  } catch (cause) {
    throw dhtError('DHT_UNAVAILABLE', `fewer than ${need} replicas of the key answered in time`, {
      cause,
      details: { key, need, replicas: targets.length },
    })
  }
}

/**
 * Brings this node's own copy up to date before it answers, also where it is no replica: a tombstone
 * is told as "there is none", beside which an older copy here would look like the newer of the two.
 */
const renew = async (node: NodeContext, newest: StampedRecord): Promise<void> => {
  const own = node.store.head(newest.key)
  if (own === undefined || compareVersions(own.version, newest.version) >= 0) return
  await node.replica.apply(newest)
}

/** Brings replicas that were seen to be behind up to date, without waiting for it. */
const repair = (node: NodeContext, newest: StampedRecord, answers: readonly Answer[]): void => {
  const nowMs = node.clock.monotonicMs()
  for (const { peerId, record } of answers)
    if (record === undefined || compareVersions(record.version, newest.version) < 0)
      node.background(callUntil(node, peerId, 'repair', (at) => at.apply(newest), nowMs))
}
