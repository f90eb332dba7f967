import { baseError, compareVersions, equalBytes } from '@bzzz/base'
import { digestOf, type RangeDigest, type Store } from '@bzzz/store'
import type { Attester } from './attester.js'
import type { Client } from './client.js'
import { ENTRIES_MAX } from './limits.js'
import type { Replica } from './replica.js'
import { bitmapOf, bucketsIn, groupPart } from './ranges.js'
import type { Reply, WireHead } from './wire/reply.js'
import type { Request } from './wire/request.js'

export interface CatchUpOptions {
  readonly store: Store
  readonly client: Client
  readonly attester: Attester
  readonly replica: Replica
}

/** What a comparison moved. */
export interface CaughtUp {
  readonly fetched: number
  readonly offered: number
  /** Records of the peer that this node's store refused; it lacks them. */
  readonly refused: number
}

const NOTHING: CaughtUp = { fetched: 0, offered: 0, refused: 0 }

/** Keys per fetch: the answer is cut at 256 KiB anyway. */
const FETCH_MAX = 256

const isSame = (a: RangeDigest, b: RangeDigest | undefined): boolean =>
  b !== undefined && a.count === b.count && equalBytes(a.hash, b.hash)

/**
 * Compares some buckets with a peer's by digest, from 16 groups down to single records, and fetches
 * what is newer there. One request at a time: it runs beside the traffic of callers.
 */
export class CatchUp {
  readonly #options: CatchUpOptions

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /**
   * Rejects when the peer fails half-way; what was fetched until then stays.
   *
   * @param onGroup called with each part of the buckets that is alike now, as far as this node took it
   */
  async with(
    peer: string,
    buckets: readonly number[],
    isMutual: boolean,
    onGroup: (buckets: readonly number[], moved: CaughtUp) => void = () => {},
  ): Promise<CaughtUp> {
    const bits = bitmapOf(buckets)
    const theirs = await this.#digests(peer, { kind: 'groups', buckets: bits })
    let [fetched, offered, refused] = [0, 0, 0]
    for (const [group, mine] of bucketsIn(bits).entries()) {
      if (mine.length === 0) continue
      const isAlike = isSame(digestOf(this.#options.store, mine), theirs[group])
      const moved = isAlike ? NOTHING : await this.#group(peer, { group, mine, bits, isMutual })
      onGroup(mine, moved)
      fetched += moved.fetched
      offered += moved.offered
      refused += moved.refused
    }
    return { fetched, offered, refused }
  }

  async #group(
    peer: string,
    at: { group: number; mine: readonly number[]; bits: Uint8Array; isMutual: boolean },
  ): Promise<CaughtUp> {
    const { store } = this.#options
    const { group } = at
    const theirs = await this.#digests(peer, {
      kind: 'buckets',
      group,
      buckets: groupPart(at.bits, group),
    })
    const differing = at.mine.filter(
      (bucket, index) => !isSame(store.digest(bucket), theirs[index]),
    )
    const part = groupPart(bitmapOf(differing), group)
    const seen = new Map<string, WireHead>()
    let [fetched, refused] = [0, 0]
    for (let after = ''; ;) {
      const page = await this.#heads(peer, { kind: 'heads', group, buckets: part, after })
      if (at.isMutual) for (const head of page.heads) seen.set(head.key, head)
      const moved = await this.#fetchNewer(peer, page.heads, new Set(differing))
      fetched += moved.fetched
      refused += moved.refused
      const last = page.heads.at(-1)
      if (!page.hasMore || last === undefined) break
      after = last.key
    }
    const offered = at.isMutual ? await this.#offer(peer, differing, seen) : 0
    return { fetched, offered, refused }
  }

  async #fetchNewer(
    peer: string,
    heads: readonly WireHead[],
    buckets: ReadonlySet<number>,
  ): Promise<Omit<CaughtUp, 'offered'>> {
    const { store } = this.#options
    const isWanted = ({ key, version }: WireHead): boolean => {
      if (!buckets.has(store.bucketOf(key))) return false
      const mine = store.head(key)
      return mine === undefined || compareVersions(version, mine.version) > 0
    }
    return this.fetch(
      peer,
      heads.filter(isWanted).map(({ key }) => key),
    )
  }

  /** Fetches records that the peer said it has. Rejects when it does not hand them over. */
  async fetch(peer: string, keys: readonly string[]): Promise<Omit<CaughtUp, 'offered'>> {
    const { attester, replica } = this.#options
    let wanted = keys
    let [fetched, refused] = [0, 0]
    while (wanted.length > 0) {
      const asked = wanted.slice(0, FETCH_MAX)
      const reply = await this.#options.client.call(peer, { kind: 'fetch', keys: asked }, 'records')
      const handed = reply.kind === 'records' ? reply.records : []
      const records = handed.map((signed) => attester.verify(signed))
      const got = new Set(records.map(({ key }) => key))
      const missing = wanted.filter((key) => !got.has(key))
      // Also where it hands over others: the same would be asked for again and again.
      if (missing.length === wanted.length)
        throw baseError('BYTES_INVALID', 'the peer lists records that it does not hand over')
      const results = await replica.store(records.filter(({ key }) => asked.includes(key)))
      if (results.some(({ outcome }) => outcome === 'failed'))
        throw baseError('BYTES_INVALID', 'a record that was fetched could not be stored')
      const refusals = results.filter(({ outcome }) => outcome === 'refused').length
      fetched += results.length - refusals
      refused += refusals
      wanted = missing
    }
    return { fetched, refused }
  }

  /** Sends what the peer lacks or has older. It may refuse; what matters is that it was told. */
  async #offer(
    peer: string,
    buckets: readonly number[],
    seen: ReadonlyMap<string, WireHead>,
  ): Promise<number> {
    const { store, client } = this.#options
    const keys: string[] = []
    for (const bucket of buckets)
      for (const { key, version } of store.heads(bucket)) {
        const theirs = seen.get(key)
        if (theirs === undefined || compareVersions(version, theirs.version) > 0) keys.push(key)
      }
    for (let from = 0; from < keys.length; from += ENTRIES_MAX / 4)
      await Promise.all(
        keys.slice(from, from + ENTRIES_MAX / 4).map(async (key) => {
          const record = await store.read(key)
          if (record === undefined) return
          await new Promise<void>((resolve) => {
            client.write(peer, record, () => {
              resolve()
            })
          })
        }),
      )
    return keys.length
  }

  async #digests(
    peer: string,
    request: Extract<Request, { kind: 'groups' | 'buckets' }>,
  ): Promise<readonly RangeDigest[]> {
    const reply = await this.#options.client.call(peer, request, 'digests')
    return reply.kind === 'digests' ? reply.digests : []
  }

  async #heads(
    peer: string,
    request: Extract<Request, { kind: 'heads' }>,
  ): Promise<Extract<Reply, { kind: 'heads' }>> {
    const reply = await this.#options.client.call(peer, request, 'heads')
    return reply.kind === 'heads' ? reply : { kind: 'heads', heads: [], hasMore: false }
  }
}
