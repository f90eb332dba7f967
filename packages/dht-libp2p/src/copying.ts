import {
  abortable,
  delay,
  messageOf,
  quorumOf,
  throwIfAborted,
  type AbortOptions,
  type Clock,
} from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { CatchUp } from './catch-up.js'
import { BUCKETS } from './limits.js'
import type { Membership } from './membership.js'
import type { PeerStates } from './peer-states.js'

export interface CopyingOptions {
  readonly self: string
  readonly membership: Membership
  readonly states: PeerStates
  readonly catchUp: CatchUp
  readonly clock: Clock
}

/** How far a copy has come. */
export interface CopyProgress {
  /** Ranges of the key space of which a quorum of replicas handed over what they hold. */
  readonly done: number
  readonly total: number
  readonly fetched: number
}

export interface CopyOptions extends AbortOptions {
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
}

/** Peers that are asked at once: what they hand over is verified by one thread, beside other work. */
const PEERS_AT_ONCE = 4

/** Failures after which a peer is given up for this copy. */
const FAILURES_MAX = 4

/** Between two tries of a peer, milliseconds: a heartbeat may tell meanwhile that it is gone. */
const RETRY_MS = 200

/**
 * Copies what the whole mesh holds. Of each range so many replicas hand over their records that every
 * quorum of the past shares one of them: nothing that was acknowledged at a quorum is missed. First
 * one replica of each range, then a second: what they both hold travels once.
 */
export class Copying {
  readonly #options: CopyingOptions

  constructor(options: CopyingOptions) {
    this.#options = options
  }

  /** Rejects with `DHT_UNAVAILABLE` when too few replicas of a range answer, with `ABORTED`. */
  run(options: CopyOptions = {}): Promise<void> {
    const over = new AbortController()
    const { signal } = options
    const both = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])
    const copied = this.#run(both, options.onProgress ?? (() => {}))
    return abortable(copied, signal).finally(() => {
      over.abort()
    })
  }

  async #run(signal: AbortSignal, onProgress: (progress: CopyProgress) => void): Promise<void> {
    const { membership } = this.#options
    for (let copy = new Copy(this.#options); ; copy = new Copy(this.#options)) {
      const { view } = membership
      await copy.run(signal, onProgress)
      // Among other members other replicas make a quorum; what is here already is not sent again.
      if (view.hash === membership.view.hash) return
    }
  }
}

/** One pass over all ranges, under one view. */
class Copy {
  readonly #options: CopyingOptions
  readonly #view: Uint8Array
  /** Of each range, the replicas that handed over; this node itself where its own copy counts. */
  readonly #covered: Set<string>[]
  readonly #failures = new Map<string, number>()
  #lastProblem = 'no replica is reachable'
  #done = 0
  #fetched = 0

  constructor(options: CopyingOptions) {
    this.#options = options
    const { membership, self } = options
    this.#view = membership.view.hash
    const own = membership.isCounted ? new Set(membership.placement.bucketsOf(self)) : new Set()
    this.#covered = Array.from(
      { length: BUCKETS },
      (_, bucket) => new Set(own.has(bucket) ? [self] : []),
    )
  }

  async run(signal: AbortSignal, onProgress: (progress: CopyProgress) => void): Promise<void> {
    const tell = (): void => {
      onProgress({ done: this.#done, total: BUCKETS, fetched: this.#fetched })
    }
    this.#done = this.#covered.filter((_, bucket) => this.#isCovered(bucket)).length
    tell()
    while (this.#done < BUCKETS && this.#isSameView) {
      throwIfAborted(signal)
      const tasks = this.#tasks()
      if (tasks.size === 0) throw this.#missing()
      const failed = await this.#askAll([...tasks], signal, tell)
      if (failed && this.#isSameView) await delay(this.#options.clock, RETRY_MS, { signal })
    }
  }

  get #isSameView(): boolean {
    return this.#options.membership.view.hash === this.#view
  }

  #isCovered(bucket: number): boolean {
    const replicas = this.#options.membership.placement.of(bucket).length
    return (this.#covered[bucket]?.size ?? 0) >= quorumOf(replicas)
  }

  /** For each range that is not covered one more replica to ask, by peer. */
  #tasks(): Map<string, number[]> {
    const { membership, states } = this.#options
    const tasks = new Map<string, number[]>()
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.#isCovered(bucket)) continue
      const left = membership.placement
        .of(bucket)
        .filter((peer) => !this.#covered[bucket]?.has(peer) && this.#mayAsk(peer))
      const good = left.filter((peer) => states.isConnected(peer))
      const from = good.length > 0 ? good : left
      const peer = from[bucket % Math.max(1, from.length)]
      if (peer === undefined) continue
      const list = tasks.get(peer)
      if (list === undefined) tasks.set(peer, [bucket])
      else list.push(bucket)
    }
    return tasks
  }

  #mayAsk(peer: string): boolean {
    const { self, states } = this.#options
    const isGivenUp = (this.#failures.get(peer) ?? 0) >= FAILURES_MAX
    return peer !== self && !isGivenUp && states.of(peer) !== 'disconnected'
  }

  /** True when a peer failed. */
  async #askAll(
    tasks: (readonly [peer: string, buckets: readonly number[]])[],
    signal: AbortSignal,
    tell: () => void,
  ): Promise<boolean> {
    let hasFailed = false
    const work = async (): Promise<void> => {
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
        const [peer, buckets] = task
        try {
          await this.#ask(peer, buckets, signal, tell)
        } catch (error) {
          hasFailed = true
          this.#lastProblem = `${peer}: ${messageOf(error)}`
          this.#failures.set(peer, (this.#failures.get(peer) ?? 0) + 1)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(PEERS_AT_ONCE, tasks.length) }, work))
    return hasFailed
  }

  async #ask(
    peer: string,
    buckets: readonly number[],
    signal: AbortSignal,
    tell: () => void,
  ): Promise<void> {
    const { membership, catchUp } = this.#options
    // The peer knows this view from here on: it acknowledges nothing any more under a smaller one.
    const { pending } = await membership.exchange(peer)
    if (!this.#isSameView) return
    if (pending.length > 0) throw dhtError('DHT_UNAVAILABLE', 'it is catching up itself')
    let refused = 0
    await catchUp.with(peer, buckets, false, (group, moved) => {
      throwIfAborted(signal)
      refused += moved.refused
      this.#fetched += moved.fetched
      // Stamped ahead of this node's clock, so far: what was refused is asked for again.
      if (moved.refused === 0) for (const bucket of group) this.#cover(bucket, peer)
      tell()
    })
    if (refused > 0) throw dhtError('DHT_UNAVAILABLE', `${refused} records are from the future`)
  }

  #cover(bucket: number, peer: string): void {
    const wasCovered = this.#isCovered(bucket)
    this.#covered[bucket]?.add(peer)
    if (!wasCovered && this.#isCovered(bucket)) this.#done++
  }

  #missing(): Error {
    const missing = BUCKETS - this.#done
    return dhtError(
      'DHT_UNAVAILABLE',
      `${missing} of ${BUCKETS} ranges could not be copied from a quorum of their replicas (${this.#lastProblem})`,
      { details: { missing, total: BUCKETS } },
    )
  }
}
