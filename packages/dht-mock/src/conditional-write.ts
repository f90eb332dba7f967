import {
  compareVersions,
  isExpired,
  newOperationId,
  quorumOf,
  type StampedRecord,
  type Version,
} from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { RecordHead } from '@bzzz/store'
import { callOnce, callUntil, pause, type NodeContext } from './neighbours.js'
import { quorumRead } from './quorum-read.js'
import type { Lock } from './replica.js'

/** How long a replica keeps a key locked for a node that it hears no more of. */
const LEASE_MS = 1000

/** A write must be held by then, on the clock of the node that writes; the rest is for drift. */
export const LOCKED_WRITE_MS = 800

/** Keys that are locked at a quorum, with the newest record that it holds. */
export interface Locked {
  readonly token: string
  readonly newest: RecordHead | undefined
  /** Replicas that {@link newest} was drawn from: no other one counts for the write. */
  readonly confirmedBy: ReadonlySet<string>
  /** Writes that are held after this do not count as decided. */
  readonly untilMs: number
  release(): void
}

const newestHead = (locks: readonly Lock[]): RecordHead | undefined =>
  locks
    .flatMap(({ head }) => head ?? [])
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .at(0)

/** Only what a quorum holds exactly may decide: a stamp that fewer hold may yet be given up. */
const isAgreed = (locks: readonly Lock[], newest: RecordHead | undefined, need: number): boolean =>
  locks.filter(({ head }) =>
    head === undefined || newest === undefined
      ? head === newest
      : compareVersions(head.version, newest.version) === 0,
  ).length >= need

const isAsExpected = (
  head: RecordHead | undefined,
  expected: Version | null,
  nowMs: number,
): boolean => {
  if (expected !== null) return head !== undefined && compareVersions(head.version, expected) === 0
  return head === undefined || head.deleted || isExpired(head as StampedRecord, nowMs)
}

interface Answer extends Lock {
  readonly peerId: string
}

/** The answers so far when `need` locks are granted, or when everybody has answered. */
const grants = (asked: readonly Promise<Answer>[], need: number): Promise<Answer[]> =>
  new Promise((resolve) => {
    const answers: Answer[] = []
    let settled = 0
    const settle = (): void => {
      settled++
      const granted = answers.filter(({ isGranted }) => isGranted)
      if (granted.length >= need || settled === asked.length) resolve([...answers])
    }
    for (const one of asked)
      one.then((answer) => {
        answers.push(answer)
        settle()
      }, settle)
  })

const lockOnce = async (
  node: NodeContext,
  key: string,
): Promise<Locked | 'busy' | 'differing' | 'missing'> => {
  const token = newOperationId(node.random)
  const untilMs = node.clock.monotonicMs() + LOCKED_WRITE_MS
  const targets = node.neighbours.replicasOf(key)
  const need = quorumOf(targets.length)
  const asked = targets.map(async (peerId) => {
    const lock = await callOnce(node, peerId, 'lock', (at) => at.lock(key, token, LEASE_MS))
    return { ...lock, peerId }
  })
  const answers = await grants(asked, need)
  const release = (): void => {
    for (const peerId of targets)
      node.background(
        callUntil(
          node,
          peerId,
          'unlock',
          (at) => {
            at.unlock(key, token)
          },
          untilMs,
        ),
      )
  }
  const granted = answers.filter(({ isGranted }) => isGranted)
  const confirmedBy = new Set(granted.map(({ peerId }) => peerId))
  const newest = newestHead(granted)
  if (granted.length >= need && isAgreed(granted, newest, need)) {
    // Who confirms it while the write is on its way counts as well, for levels above a quorum.
    const confirm = (late: Answer): void => {
      if (late.isGranted && isAgreed([late], newest, 1)) confirmedBy.add(late.peerId)
    }
    for (const one of asked) one.then(confirm, () => {})
    return { token, newest, confirmedBy, untilMs, release }
  }
  release()
  if (granted.length >= need) return 'differing'
  return answers.length >= need ? 'busy' : 'missing'
}

/** Brings the newest record to a quorum; when that fails, the lock is tried again all the same. */
const agree = async (node: NodeContext, key: string, untilMs: number): Promise<void> => {
  const need = quorumOf(node.neighbours.replicasOf(key).length)
  await quorumRead(node, key, need, untilMs).catch(() => {})
}

/**
 * Locks a key at a quorum of its replicas and checks the condition there. No other write of the
 * key can be acknowledged by a quorum until the lock is released or its lease ends. Rejects with
 * `DHT_CONFLICT`, or `DHT_UNAVAILABLE` when no quorum can be locked in time.
 */
export const lockExpected = async (
  node: NodeContext,
  key: string,
  expected: Version | null,
  untilMs: number,
): Promise<Locked> => {
  for (let attempt = 0; ; attempt++) {
    const locked = await lockOnce(node, key)
    if (typeof locked !== 'string') {
      if (isAsExpected(locked.newest, expected, node.clock.nowMs())) return locked
      locked.release()
      throw dhtError('DHT_CONFLICT', 'the record is not at the version that was expected', {
        details: { key, expected, found: locked.newest?.version ?? null },
      })
    }
    if (node.clock.monotonicMs() >= untilMs)
      throw dhtError(
        'DHT_UNAVAILABLE',
        locked === 'busy'
          ? 'other conditional writes of the key kept its replicas busy'
          : 'too few replicas answered to decide the condition',
        { details: { key } },
      )
    if (locked === 'differing') await agree(node, key, untilMs)
    await pause(node, attempt)
  }
}
