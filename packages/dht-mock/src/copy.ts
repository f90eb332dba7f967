import { compareVersions, quorumOf, throwIfAborted, type AbortOptions } from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { RecordHead } from '@bzzz/store'
import { fetchFrom, headsAt, isNewer } from './catch-up.js'
import { callUntil, type NodeContext } from './neighbours.js'

/** Longest wait for one peer, milliseconds. */
const PEER_MS = 2000

/** Nodes compared so far, each of which holds a share of every key's copies. */
export interface CopyProgress {
  readonly done: number
  readonly total: number
  readonly fetched: number
}

const unreachable = (peerId: string): Error =>
  dhtError('DHT_UNAVAILABLE', `${peerId} is not connected`)

/**
 * Fetches every record of the network that this node lacks or has older. Rejects with
 * `DHT_UNAVAILABLE` when so many nodes do not answer that a key's quorum may be among them.
 */
export const copyAll = async (
  node: NodeContext,
  options: AbortOptions & { readonly onProgress?: (progress: CopyProgress) => void },
): Promise<void> => {
  const { neighbours, clock, store } = node
  const others = neighbours.others()
  const untilMs = clock.monotonicMs() + PEER_MS
  let done = 0
  let fetched = 0
  const missing: string[] = []
  const copyFrom = async (peerId: string): Promise<void> => {
    try {
      if (neighbours.stateOf(peerId) !== 'connected') throw unreachable(peerId)
      const differing = await headsAt(node, peerId, untilMs)
      throwIfAborted(options.signal)
      const wanted = differing.flatMap(({ heads }) => heads.filter((head) => isNewer(store, head)))
      await fetchFrom(
        node,
        peerId,
        wanted.map(({ key }) => key),
        untilMs,
      )
      fetched += wanted.length
      options.onProgress?.({ done: ++done, total: others.length, fetched })
    } catch {
      missing.push(peerId)
    }
  }
  await Promise.all(others.map(copyFrom))
  throwIfAborted(options.signal)
  const spare = neighbours.replicas - quorumOf(neighbours.replicas)
  if (missing.length > spare)
    throw dhtError(
      'DHT_UNAVAILABLE',
      `${missing.length} of ${others.length} other nodes did not answer; the newest of a record may be there`,
      { details: { missing } },
    )
}

/** What the replicas of some keys hold, compared with what this node holds. */
class Comparison {
  readonly #node: NodeContext
  readonly #own: ReadonlyMap<string, RecordHead | undefined>
  readonly #answered = new Map<string, number>()
  readonly #holding = new Map<string, number>()

  constructor(node: NodeContext, keys: readonly string[]) {
    this.#node = node
    this.#own = new Map(keys.map((key) => [key, node.store.head(key)]))
  }

  get isEachHeld(): boolean {
    return this.#isEach(this.#holding)
  }

  get isEachAnswered(): boolean {
    return this.#isEach(this.#answered)
  }

  async with(peerId: string, untilMs: number): Promise<void> {
    const node = this.#node
    const asked = [...this.#own.keys()].filter((key) =>
      node.neighbours.replicasOf(key).includes(peerId),
    )
    if (asked.length === 0) return
    const heads =
      peerId === node.peerId
        ? asked.map((key) => this.#own.get(key))
        : await callUntil(node, peerId, 'heads', (at) => at.heads(asked), untilMs)
    const newer: string[] = []
    for (const [i, key] of asked.entries()) {
      const head = heads[i]
      this.#note(key, head)
      if (head !== undefined && isNewer(node.store, head)) newer.push(key)
    }
    if (newer.length > 0) await fetchFrom(node, peerId, newer, untilMs)
  }

  #note(key: string, head: RecordHead | undefined): void {
    const mine = this.#own.get(key)
    const isHeld =
      mine === undefined || (head !== undefined && compareVersions(head.version, mine.version) >= 0)
    this.#answered.set(key, (this.#answered.get(key) ?? 0) + 1)
    if (isHeld) this.#holding.set(key, (this.#holding.get(key) ?? 0) + 1)
  }

  #isEach(counts: ReadonlyMap<string, number>): boolean {
    const { neighbours } = this.#node
    for (const key of this.#own.keys())
      if ((counts.get(key) ?? 0) < quorumOf(neighbours.replicasOf(key).length)) return false
    return true
  }
}

/**
 * True when a quorum of the replicas of every one of these keys holds what this node holds, or
 * newer; what is newer is fetched. Rejects with `DHT_UNAVAILABLE` when too few answer.
 */
export const confirm = async (
  node: NodeContext,
  keys: readonly string[],
  options: AbortOptions,
): Promise<boolean> => {
  const { neighbours, clock } = node
  const untilMs = clock.monotonicMs() + PEER_MS
  const comparison = new Comparison(node, keys)
  const peers = neighbours.others().filter((peerId) => neighbours.stateOf(peerId) === 'connected')
  await new Promise<void>((resolve) => {
    const compared = [node.peerId, ...peers].map(async (peerId) => {
      await comparison.with(peerId, untilMs)
      // Nobody waits for the last replica.
      if (comparison.isEachHeld) resolve()
    })
    void Promise.allSettled(compared).then(() => {
      resolve()
    })
  })
  throwIfAborted(options.signal)
  if (!comparison.isEachAnswered)
    throw dhtError('DHT_UNAVAILABLE', 'too few replicas answered to compare their records')
  return comparison.isEachHeld
}
