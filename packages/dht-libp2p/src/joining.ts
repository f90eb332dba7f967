import type { Cancel, Clock, Random } from '@bzzz/base'
import type { CatchUp } from './catch-up.js'
import { isCovered, type Covered } from './coverage.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'
import type { Member } from './view.js'

export interface JoiningOptions {
  readonly self: string
  readonly membership: Membership
  readonly catchUp: CatchUp
  readonly states: PeerStates
  readonly clock: Clock
  readonly random: Random
  readonly replicas: number
}

/** Between two rounds while members are missing, milliseconds. */
const ROUND_MS = 100

/** What a member handed over, and as whom it knew itself then. */
interface Handover {
  readonly covered: Covered
  readonly member: Member | undefined
}

/**
 * Brings a joining node to the point where its answers count: each member acknowledges the view
 * with the newcomer in it, and hands over what it holds of the newcomer's buckets.
 */
export class Joining {
  readonly #options: JoiningOptions
  readonly #covered = new Map<string, Handover>()
  readonly #running = new Set<string>()
  #cancel: Cancel | undefined
  #isStopped = false

  constructor(options: JoiningOptions) {
    this.#options = options
  }

  /** Goes on, if anything is pending. Safe to call at any time. */
  wake(): void {
    const { membership, self, states } = this.#options
    if (this.#isStopped || membership.isCounted) return
    for (const peer of membership.view.members.keys())
      if (peer !== self && !this.#hasCovered(peer) && states.of(peer) !== 'disconnected')
        void this.#cover(peer)
    void this.#conclude()
    this.#cancel?.()
    const delayMs = ROUND_MS * (0.5 + this.#options.random.next())
    this.#cancel = this.#options.clock.setTimer(() => {
      this.wake()
    }, delayMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  /**
   * False also for a member that handed over before it knew what is known here of its stores: it may
   * have lost what it held for the views that are to be covered, and says so only once it is told.
   */
  #hasCovered(peer: string): boolean {
    const then = this.#covered.get(peer)?.member
    const now = this.#options.membership.view.members.get(peer)
    if (then === undefined || now === undefined) return false
    return then.storeId === now.storeId && then.hadOther === now.hadOther
  }

  async #cover(peer: string): Promise<void> {
    if (this.#running.has(peer)) return
    this.#running.add(peer)
    try {
      const { membership, catchUp, self } = this.#options
      const state = await membership.exchange(peer)
      const buckets = membership.placement.bucketsOf(self)
      const { refused } = await catchUp.with(peer, buckets, false)
      // Stamped ahead of this node's clock, so far: a quorum may count on what it does not hold.
      if (refused > 0) return
      const hasLost = state.pending.some(({ ids, isLost }) => isLost && ids.includes(peer))
      const member = state.members.find(({ id }) => id === peer)
      this.#covered.set(peer, { covered: { id: peer, hasLost }, member })
    } catch {
      // The next round asks again.
    } finally {
      this.#running.delete(peer)
    }
    await this.#conclude()
  }

  async #conclude(): Promise<void> {
    const { membership, replicas, self } = this.#options
    const { pending } = membership
    if (this.#isStopped || pending.length === 0) return
    const buckets = membership.placement.bucketsOf(self)
    const covered = [...this.#covered.values()]
      .map((one) => one.covered)
      .filter(({ id }) => this.#hasCovered(id))
    if (!isCovered({ self, buckets, pending, covered, replicas })) return
    try {
      await membership.covered(pending)
    } catch {
      // The view could not be saved; the next round tries again.
    }
  }
}
