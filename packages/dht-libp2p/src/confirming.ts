import {
  abortable,
  compareVersions,
  quorumOf,
  throwIfAborted,
  type AbortOptions,
  type Version,
} from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { Store } from '@bzzz/store'
import type { CatchUp } from './catch-up.js'
import type { Client } from './client.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'

export interface ConfirmingOptions {
  readonly self: string
  readonly store: Store
  readonly client: Client
  readonly membership: Membership
  readonly states: PeerStates
  readonly catchUp: CatchUp
}

/** Keys that are compared at once: what is in memory for them stays within some megabytes. */
const PORTION_MAX = 2048

/** Begun anew so often when the view changes meanwhile. */
const VIEWS_MAX = 5

/** What the replicas of one key said. */
interface Asked {
  readonly key: string
  readonly replicas: readonly string[]
  /** Replicas whose answers count, and what they hold. */
  readonly versions: Map<string, Version | undefined>
}

/**
 * Compares records of this node with their replicas, key by key, both ways. Not range by range: of the
 * ranges that this node does not replicate it holds single records, and would be handed the others.
 * The question names keys and the answer versions, so that a thousand of them are one message.
 */
export class Confirming {
  readonly #options: ConfirmingOptions

  constructor(options: ConfirmingOptions) {
    this.#options = options
  }

  /**
   * True when a quorum of the replicas of each key holds what this node holds of it, or newer. Replicas
   * that lack it are sent it first; what is newer there is fetched. Rejects with `DHT_UNAVAILABLE`
   * when too few replicas of a key answer, with `ABORTED`.
   */
  async run(keys: readonly string[], { signal }: AbortOptions): Promise<boolean> {
    for (let from = 0; from < keys.length; from += PORTION_MAX) {
      throwIfAborted(signal)
      const part = this.#portion(keys.slice(from, from + PORTION_MAX))
      if (!(await abortable(part, signal))) return false
    }
    return true
  }

  async #portion(keys: readonly string[]): Promise<boolean> {
    const { membership } = this.#options
    for (let attempt = 1; ; attempt++) {
      const { hash } = membership.view
      try {
        const isHeld = await this.#compare(keys)
        if (hash === membership.view.hash || attempt === VIEWS_MAX) return isHeld
      } catch (error) {
        if (hash === membership.view.hash || attempt === VIEWS_MAX) throw error
      }
    }
  }

  async #compare(keys: readonly string[]): Promise<boolean> {
    const { membership, store, self } = this.#options
    const asked = keys.map((key): Asked => {
      const replicas = membership.placement.of(store.bucketOf(key))
      const versions = new Map<string, Version | undefined>()
      if (membership.isCounted && replicas.includes(self))
        versions.set(self, store.head(key)?.version)
      return { key, replicas, versions }
    })
    await this.#askAll(asked)
    this.#assertAnswered(asked)
    await this.#fetchNewer(asked)
    const lacking = asked.filter((one) => !this.#isHeld(one))
    await Promise.all(lacking.map((one) => this.#send(one)))
    return lacking.every((one) => this.#isHeld(one))
  }

  /** Peers of another view are asked once more after both have told each other theirs. */
  async #askAll(asked: readonly Asked[]): Promise<void> {
    const { states, self } = this.#options
    const others = (one: Asked): string[] =>
      one.replicas.filter((peer) => peer !== self && states.of(peer) !== 'disconnected')
    const differing = new Set<string>()
    const askOne = (one: Asked, peer: string): Promise<void> => this.#ask(one, peer, differing)
    await Promise.all(asked.flatMap((one) => others(one).map((peer) => askOne(one, peer))))
    await Promise.all(
      Array.from(differing, async (peer) => {
        await this.#options.membership.exchange(peer).catch(() => {})
        const again = asked.filter((one) => others(one).includes(peer) && !one.versions.has(peer))
        await Promise.all(again.map((one) => askOne(one, peer)))
      }),
    )
  }

  #ask(one: Asked, peer: string, differing: Set<string>): Promise<void> {
    return new Promise((resolve) => {
      this.#options.client.read(peer, { key: one.key, wantsValue: false }, (answer) => {
        if (answer.kind === 'view-differs') differing.add(peer)
        else if (answer.kind === 'result' && answer.isCounted)
          one.versions.set(peer, answer.result.version)
        resolve()
      })
    })
  }

  #assertAnswered(asked: readonly Asked[]): void {
    const short = asked.filter((one) => one.versions.size < quorumOf(one.replicas.length))
    if (short.length === 0) return
    throw dhtError(
      'DHT_UNAVAILABLE',
      `too few replicas answered to compare ${short.length} of ${asked.length} keys`,
    )
  }

  /** From each peer what it has newer, of the keys that this node holds. */
  async #fetchNewer(asked: readonly Asked[]): Promise<void> {
    const { store, catchUp, self } = this.#options
    const wanted = new Map<string, string[]>()
    for (const { key, versions } of asked) {
      let newest = store.head(key)?.version
      let holder: string | undefined
      if (newest === undefined) continue
      for (const [peer, version] of versions)
        if (peer !== self && version !== undefined && compareVersions(version, newest) > 0)
          [newest, holder] = [version, peer]
      if (holder === undefined) continue
      const list = wanted.get(holder)
      if (list === undefined) wanted.set(holder, [key])
      else list.push(key)
    }
    for (const [peer, keys] of wanted) await catchUp.fetch(peer, keys)
  }

  #isHeld({ key, replicas, versions }: Asked): boolean {
    const mine = this.#options.store.head(key)?.version
    if (mine === undefined) return true
    let holders = 0
    for (const [peer, said] of versions) {
      const version = peer === this.#options.self ? mine : said
      if (version !== undefined && compareVersions(version, mine) >= 0) holders++
    }
    return holders >= quorumOf(replicas.length)
  }

  async #send({ key, versions }: Asked): Promise<void> {
    const { store, client, self } = this.#options
    const record = await store.read(key)
    if (record === undefined) return
    const send = (peer: string): Promise<void> =>
      new Promise((resolve) => {
        client.write(peer, record, (answer) => {
          if (answer.kind === 'result' && answer.isCounted) {
            const { result } = answer
            if (result.outcome === 'stored' || result.outcome === 'known')
              versions.set(peer, record.version)
            else if (result.outcome === 'newer') versions.set(peer, result.newest)
          }
          resolve()
        })
      })
    const isBehind = (version: Version | undefined): boolean =>
      version === undefined || compareVersions(version, record.version) < 0
    const peers = [...versions].filter(([peer, version]) => peer !== self && isBehind(version))
    await Promise.all(peers.map(([peer]) => send(peer)))
  }
}
