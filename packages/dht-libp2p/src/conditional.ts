import {
  codeOf,
  compareVersions,
  delay,
  isExpired,
  quorumOf,
  throwIfAborted,
  type AbortOptions,
  type Clock,
  type Level,
  type Random,
  type StampedRecord,
  type Version,
  type WriteIntent,
} from '@bzzz/base'
import { dhtError, refusalOf } from '@bzzz/dht-core'
import type { Append, Store } from '@bzzz/store'
import type { Client } from './client.js'
import { LOCK_MS_MAX, LOCKS_MAX } from './limits.js'
import type { Locks } from './locks.js'
import type { Membership } from './membership.js'
import type { Reads } from './reads.js'

export interface ConditionalOptions {
  readonly self: string
  readonly store: Store
  readonly client: Client
  readonly membership: Membership
  readonly reads: Reads
  readonly locks: Locks
  readonly clock: Clock
  readonly random: Random
}

export interface ConditionalWrite extends AbortOptions {
  readonly intent: WriteIntent
  readonly opId: string
  readonly expected: Version | null
  readonly level: Level
  readonly timeoutMs: number
}

/** No store ever gave this version out: a known operation is found, any other one conflicts. */
const NEVER: Version = { wallMs: 0, counter: 0, writer: '' }

/** What a conditional write that was stamped needs to know. */
export interface Begun {
  readonly append: Append
  /**
   * How long its replicas keep the key at least, milliseconds from now: what is acknowledged later
   * might come after another write. Infinity for a retry, whose stamp is as old as it is.
   */
  readonly keptMs: number
  /** Replicas that kept the key and confirmed the condition: only their answers count. */
  readonly confirmedBy: ReadonlySet<string>
  /** To be called when the write is through. */
  readonly release: () => void
}

interface Lock {
  readonly keptUntilMs: number
  readonly confirmedBy: ReadonlySet<string>
  readonly release: () => void
}

/** Longest wait before a key that another conditional write has is asked for again, milliseconds. */
const RETRY_MS = 20

/** Share of a lock's time that is left unused, for clocks that run at other rates and late timers. */
const CLOCK_DRIFT = 0.1

/**
 * Decides compare-and-set above the level `local`. A quorum of replicas keeps the key for this
 * operation and confirms the version; until it is written or the time is up they take no other
 * write of the key.
 */
export class Conditional {
  readonly #options: ConditionalOptions
  /** By operation, for retries of the last ones. */
  readonly #confirmedBy = new Map<string, ReadonlySet<string>>()

  constructor(options: ConditionalOptions) {
    this.#options = options
  }

  /**
   * Stamps the write once the condition holds at a quorum. Rejects with `DHT_CONFLICT`, `DHT_UNAVAILABLE`, `ABORTED`.
   */
  async begin(write: ConditionalWrite): Promise<Begun> {
    const known = this.#known(write)
    if (known !== undefined) {
      const confirmedBy = this.#confirmedBy.get(write.opId) ?? new Set()
      return { append: known, keptMs: Infinity, confirmedBy, release: () => {} }
    }
    const { clock, random, store, reads } = this.#options
    const untilMs = clock.monotonicMs() + write.timeoutMs
    for (;;) {
      const leftMs = untilMs - clock.monotonicMs()
      if (leftMs <= 0)
        throw dhtError('DHT_UNAVAILABLE', 'no quorum of replicas kept the key for this write')
      const signal = write.signal
      const found = await reads.run(write.intent.key, quorumOf, { timeoutMs: leftMs, signal })
      this.#assertExpected(write, found)
      const lock = await this.#lock(write, found?.version)
      if (lock !== undefined) {
        try {
          // Who asked has given up and was told that nothing is written.
          throwIfAborted(write.signal)
          const above = found === undefined ? {} : { above: found.version }
          const append = store.append(write.intent, { opId: write.opId, ...above })
          const keptMs = lock.keptUntilMs - clock.monotonicMs()
          this.#remember(write.opId, lock.confirmedBy)
          return { append, keptMs, confirmedBy: lock.confirmedBy, release: lock.release }
        } catch (error) {
          lock.release()
          throw error
        }
      }
      await delay(clock, random.next() * RETRY_MS, signal === undefined ? {} : { signal })
    }
  }

  #remember(opId: string, confirmedBy: ReadonlySet<string>): void {
    this.#confirmedBy.set(opId, confirmedBy)
    if (this.#confirmedBy.size <= LOCKS_MAX) return
    for (const oldest of this.#confirmedBy.keys()) {
      this.#confirmedBy.delete(oldest)
      break
    }
  }

  /** The record of an operation that was stamped before: a retry keeps its outcome. */
  #known({ intent, opId }: ConditionalWrite): Append | undefined {
    try {
      return this.#options.store.append(intent, { opId, expectedVersion: NEVER })
    } catch (error) {
      if (codeOf(error) === 'STORE_CONFLICT') return undefined
      throw refusalOf(error)
    }
  }

  #assertExpected(write: ConditionalWrite, found: StampedRecord | undefined): void {
    const { expected, intent } = write
    const isAbsent =
      found === undefined || found.deleted || isExpired(found, this.#options.clock.nowMs())
    if (expected === null && isAbsent) return
    if (expected !== null && found !== undefined && compareVersions(found.version, expected) === 0)
      return
    throw dhtError('DHT_CONFLICT', `${JSON.stringify(intent.key)} is at another version`, {
      details: { found: isAbsent ? null : found.version, expected },
    })
  }

  /** Undefined when no quorum keeps the key, all of them at this version. */
  async #lock(write: ConditionalWrite, version: Version | undefined): Promise<Lock | undefined> {
    const { membership, store, clock } = this.#options
    const { key } = write.intent
    const replicas = membership.placement.of(store.bucketOf(key))
    const view = membership.view.hash
    const ttlMs = Math.min(LOCK_MS_MAX, Math.round(write.timeoutMs * 2 + 1000))
    const askedMs = clock.monotonicMs()
    const release = (): void => {
      this.#release(key, write.opId, replicas)
    }
    const grants = await Promise.all(
      replicas.map((peer) => this.#ask(peer, { key, opId: write.opId, ttlMs, view, version })),
    )
    const confirmedBy = new Set(replicas.filter((_, index) => grants[index] === true))
    // Half of the time must be left: the write itself must arrive while the key is kept.
    const isInTime = clock.monotonicMs() - askedMs < ttlMs / 2
    if (confirmedBy.size >= quorumOf(replicas.length) && isInTime && membership.view.hash === view)
      return { keptUntilMs: askedMs + ttlMs * (1 - CLOCK_DRIFT), confirmedBy, release }
    release()
    return undefined
  }

  async #ask(
    peer: string,
    lock: {
      readonly key: string
      readonly opId: string
      readonly ttlMs: number
      readonly view: Uint8Array
      readonly version: Version | undefined
    },
  ): Promise<boolean> {
    const { self, locks, store, membership, client } = this.#options
    if (peer === self) {
      const isGranted = locks.take(lock.key, lock.opId, lock.ttlMs)
      return (
        isGranted && membership.isCounted && isSame(store.head(lock.key)?.version, lock.version)
      )
    }
    try {
      const { key, opId, ttlMs, view } = lock
      const reply = await client.call(peer, { kind: 'lock', key, opId, ttlMs, view }, 'lock')
      if (reply.kind === 'view-differs') {
        await membership.exchange(peer)
        return false
      }
      return reply.isGranted && reply.isCounted && isSame(reply.version, lock.version)
    } catch {
      return false
    }
  }

  #release(key: string, opId: string, replicas: readonly string[]): void {
    const { self, locks, client } = this.#options
    locks.release(key, opId)
    for (const peer of replicas)
      if (peer !== self) client.call(peer, { kind: 'unlock', key, opId }, 'done').catch(() => {})
  }
}

const isSame = (a: Version | undefined, b: Version | undefined): boolean =>
  a === undefined || b === undefined ? a === b : compareVersions(a, b) === 0
