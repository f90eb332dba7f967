import { Emitter, quorumOf, type Unsubscribe } from '@bzzz/base'
import type { Store } from '@bzzz/store'
import { BUCKETS } from './limits.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'

export interface ReachOptions {
  readonly self: string
  readonly store: Store
  readonly membership: Membership
  readonly states: PeerStates
  readonly onListenerError: (error: unknown) => void
}

const [UNKNOWN, WITHIN, BEYOND] = [0, 1, 2]

/**
 * Whether the members behind this node can be expected to answer, from their heartbeats alone. Asked
 * on every call of a hybrid, so everything is kept until a peer or the view changes.
 */
export class Reach {
  readonly #options: ReachOptions
  readonly #events: Emitter<{ change: undefined }>
  readonly #buckets = new Uint8Array(BUCKETS)
  #isStale = true
  #hasQuorum = false
  /** So few are missing that no bucket can lack a quorum. */
  #isWhole = false
  #isStopped = true

  constructor(options: ReachOptions) {
    this.#options = options
    this.#events = new Emitter(options.onListenerError)
  }

  start(): void {
    this.#isStopped = false
    this.changed()
  }

  /** Listeners are not told: who stops the node knows. */
  stop(): void {
    this.#isStopped = true
    this.#isStale = true
    this.#events.clear()
  }

  /**
   * True while the members that are connected, this node included as far as its answers count, make a
   * quorum of all. A node that is to join others, and has not, has none; one that is a mesh of its
   * own has.
   */
  get hasQuorum(): boolean {
    this.#refresh()
    return this.#hasQuorum
  }

  /** True while the replicas of this key that are connected make a quorum of them. */
  canReach(key: string): boolean {
    this.#refresh()
    if (this.#isWhole || this.#isStopped) return this.#isWhole
    const bucket = this.#options.store.bucketOf(key)
    if (this.#buckets[bucket] === UNKNOWN)
      this.#buckets[bucket] = this.#isWithin(bucket) ? WITHIN : BEYOND
    return this.#buckets[bucket] === WITHIN
  }

  onChange(listener: () => void): Unsubscribe {
    return this.#events.on('change', listener)
  }

  /** The state of a peer, or the view, is another one. */
  changed(): void {
    this.#isStale = true
    this.#events.emit('change', undefined)
  }

  #refresh(): void {
    const { membership } = this.#options
    // Whether a node that never met anybody is meant to is a question of the moment.
    if (!this.#isStale && membership.view.members.size > 1) return
    this.#isStale = false
    this.#buckets.fill(UNKNOWN)
    const members = membership.view.members.size
    let there = 0
    if (!this.#isStopped)
      for (const id of membership.view.members.keys()) if (this.#isThere(id)) there++
    this.#hasQuorum = members > 0 && there >= quorumOf(members)
    const replicas = Math.min(membership.replicas, members)
    this.#isWhole = there > 0 && members - there <= replicas - quorumOf(replicas)
  }

  #isWithin(bucket: number): boolean {
    const replicas = this.#options.membership.placement.of(bucket)
    const there = replicas.filter((id) => this.#isThere(id)).length
    return there >= quorumOf(replicas.length)
  }

  #isThere(id: string): boolean {
    const { self, membership, states } = this.#options
    return id === self ? membership.isCounted : states.isConnected(id)
  }
}
