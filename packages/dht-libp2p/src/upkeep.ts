import { pick, type Cancel, type Clock, type Random } from '@bzzz/base'
import type { CatchUp } from './catch-up.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'
import type { Writes } from './writes.js'

export interface UpkeepOptions {
  readonly self: string
  readonly membership: Membership
  readonly catchUp: CatchUp
  readonly states: PeerStates
  readonly writes: Writes
  readonly clock: Clock
  readonly random: Random
  readonly compareEveryMs: number
}

/** Between two looks at what is still to be replicated, milliseconds. */
const PUMP_MS = 1000

/** Keeps replicas alike in the background: when a peer returns, and now and then with any of them. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #comparing = new Set<string>()
  /** Returned while a comparison with them was running, which began before. */
  readonly #returned = new Set<string>()
  readonly #cancels = new Map<string, Cancel>()
  #isStopped = false

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  start(): void {
    this.#again('compare', this.#options.compareEveryMs, () => this.#compareAny())
    this.#again('pump', PUMP_MS, () => {
      this.#options.writes.pump()
    })
  }

  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#cancels.values()) cancel()
  }

  /** Meets a peer: tells each other the view, then compares the buckets that both replicate. */
  async meet(peer: string): Promise<void> {
    if (this.#isStopped) return
    if (this.#comparing.has(peer)) {
      this.#returned.add(peer)
      return
    }
    this.#comparing.add(peer)
    try {
      const { membership, catchUp, self } = this.#options
      await membership.exchange(peer)
      if (!membership.isCounted) return
      const { placement } = membership
      const shared = placement.bucketsOf(self).filter((bucket) => placement.isReplica(peer, bucket))
      if (shared.length > 0) await catchUp.with(peer, shared, true)
    } catch {
      // It serves another protocol, or went away again; the next comparison tries anew.
    } finally {
      this.#comparing.delete(peer)
    }
    if (this.#returned.delete(peer)) await this.meet(peer)
  }

  /** Tells every member of a view that is new here: they may not have met whom this node has met. */
  greet(): void {
    const { membership, self } = this.#options
    if (this.#isStopped) return
    for (const peer of membership.view.members.keys())
      if (peer !== self) membership.exchange(peer).catch(() => {})
  }

  async #compareAny(): Promise<void> {
    // Not members alone: with a peer whose first answer was lost this node has yet to get acquainted.
    const peers = this.#options.states.connected
    if (peers.length > 0) await this.meet(pick(this.#options.random, peers))
  }

  #again(name: string, everyMs: number, task: () => Promise<void> | void): void {
    if (this.#isStopped) return
    const delayMs = everyMs * (0.5 + this.#options.random.next())
    const cancel = this.#options.clock.setTimer(() => {
      void Promise.resolve(task()).then(() => {
        this.#again(name, everyMs, task)
      })
    }, delayMs)
    this.#cancels.set(name, cancel)
  }
}
