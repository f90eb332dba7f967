import type { Clock, PeerState, Random, Unsubscribe } from '@bzzz/base'
import type { Store } from '@bzzz/store'
import type { Incarnation } from './incarnations.js'
import type { KeyLocks } from './key-locks.js'
import type { Replica } from './replica.js'

/** The other nodes of an embedded network, as one node reaches them. */
export interface Neighbours {
  /** The replicas of a key, closest first; this node may be one. */
  replicasOf(key: string): readonly string[]
  /** Replicas that each key has. */
  readonly replicas: number
  /** All other nodes, those that have left included. */
  others(): readonly string[]
  stateOf(peerId: string): PeerState
  onPeerChange(listener: (peerId: string) => void): Unsubscribe
  /** Runs `work` at another node, as far as the modelled network lets it. */
  call<T>(
    peerId: string,
    label: string,
    work: (replica: Replica) => T | Promise<T>,
    deadlineMs: number,
  ): Promise<T>
  /** Serves the others from now on. */
  serve(replica: Replica): void
  /** Leaves the network: the others see this node's connections end. */
  leave(): void
}

/** What the parts of one node share. */
export interface NodeContext {
  readonly peerId: string
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly locks: KeyLocks
  readonly replica: Replica
  readonly neighbours: Neighbours
  /** Work that nobody waits for; its failure is of no consequence. */
  background(work: Promise<unknown>): void
}

/** Longest wait for one message; a lost one is sent again, so it stays well below a time-out. */
const ATTEMPT_MS = 250
const BACKOFF_MIN_MS = 5
const BACKOFF_MAX_MS = 500

/** A random part of a delay that doubles with every attempt. */
export const backoffMs = (random: Random, attempt: number): number => {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16))
  return ceiling * (0.5 + random.next() / 2)
}

/** One attempt at another node, or directly at this one. */
export const callOnce = <T>(
  node: NodeContext,
  peerId: string,
  label: string,
  work: (replica: Replica) => T | Promise<T>,
  deadlineMs: number = ATTEMPT_MS,
): Promise<T> =>
  peerId === node.peerId
    ? Promise.resolve(node.replica).then(work)
    : callOther(node, peerId, label, work, deadlineMs)

/** Both ends check that the other one is its latest run. */
const callOther = async <T>(
  node: NodeContext,
  peerId: string,
  label: string,
  work: (replica: Replica) => T | Promise<T>,
  deadlineMs: number,
): Promise<T> => {
  const { incarnation } = node.replica
  const serve = async (replica: Replica): Promise<{ by: Incarnation; answer: T }> => {
    replica.admit(incarnation)
    return { by: replica.incarnation, answer: await work(replica) }
  }
  const { by, answer } = await node.neighbours.call(peerId, label, serve, deadlineMs)
  node.replica.admit(by)
  return answer
}

export const pause = (node: NodeContext, attempt: number): Promise<void> =>
  new Promise((resolve) => {
    node.clock.setTimer(resolve, backoffMs(node.random, attempt))
  })

/** Asks until an answer comes or the time is over; then rejects with the last error. */
export const callUntil = async <T>(
  node: NodeContext,
  peerId: string,
  label: string,
  work: (replica: Replica) => T | Promise<T>,
  untilMs: number,
): Promise<T> => {
  for (let attempt = 0; ; attempt++)
    try {
      const leftMs = untilMs - node.clock.monotonicMs()
      return await callOnce(node, peerId, label, work, Math.min(ATTEMPT_MS, Math.max(1, leftMs)))
    } catch (error) {
      if (node.clock.monotonicMs() >= untilMs) throw error
      await pause(node, attempt)
    }
}

/** The outcomes of the first `need` that succeed; rejects with the last error when too few can. */
export const firstOf = <T>(work: readonly Promise<T>[], need: number): Promise<T[]> =>
  new Promise((resolve, reject) => {
    const results: T[] = []
    let failures = 0
    if (need <= 0) resolve(results)
    const failed = (error: unknown): void => {
      if (work.length - ++failures < need) reject(error)
    }
    for (const one of work)
      one.then((result) => {
        results.push(result)
        if (results.length === need) resolve([...results])
      }, failed)
  })
