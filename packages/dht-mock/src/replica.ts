import {
  compareVersions,
  DEFAULT_MAX_SKEW_MS,
  type Clock,
  type StampedRecord,
  type Unsubscribe,
  type Version,
} from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import { BUCKETS, type Applied, type RecordHead, type Store } from '@bzzz/store'
import { Confirmed } from './confirmed.js'
import { Incarnations, type Incarnation } from './incarnations.js'
import type { KeyLocks } from './key-locks.js'
import { Superseded, type Held } from './superseded.js'

export interface Lock {
  readonly isGranted: boolean
  readonly head: RecordHead | undefined
}

/** What became of a record at a replica; `held` of one that it refused for a newer one. */
export interface Taken extends Applied {
  readonly held: Held
}

/** Heads of one bucket. */
export interface BucketHeads {
  readonly bucket: number
  readonly heads: readonly RecordHead[]
}

/** By bucket, of those that hold anything. */
export type Digests = ReadonlyMap<number, string>

/** What a node does for the others: holds records, and locks keys for conditional writes. */
export class Replica {
  readonly incarnation: Incarnation
  readonly #store: Store
  readonly #locks: KeyLocks
  readonly #superseded: Superseded
  readonly #met = new Incarnations()
  readonly #confirmed = new Confirmed()
  readonly #buckets: Set<number>
  /** Keys that came since the buckets were last asked for. */
  readonly #unsorted = new Set<string>()
  readonly #unsubscribe: Unsubscribe

  /** @param store started */
  constructor(store: Store, locks: KeyLocks, clock: Clock) {
    this.#store = store
    this.#locks = locks
    const { writer: peerId, storeId, epoch } = store
    this.incarnation = { peerId, storeId, epoch }
    // What an earlier process of this node held was stamped within the skew of now.
    const isFirst = store.startedEmpty && store.size === 0
    this.#superseded = new Superseded(isFirst ? 0 : clock.nowMs() + DEFAULT_MAX_SKEW_MS)
    this.#buckets = filledBuckets(store)
    this.#unsubscribe = store.onCommit(({ key, version }, replaced) => {
      const token = locks.holderOf(key)
      if (token !== undefined) this.#confirmed.committed(token, version, replaced)
      if (replaced === undefined) this.#unsorted.add(key)
      else this.#superseded.note(key, replaced)
    })
  }

  close(): void {
    this.#unsubscribe()
  }

  /** Throws `DHT_UNAVAILABLE` for a node that has run under a higher epoch. */
  admit(other: Incarnation): void {
    this.#met.admit(other)
  }

  /**
   * Resolves when the record, or a newer one, is held durably. With a token it is part of a
   * conditional write, and refused unless the lock is still there: a replica that was restarted
   * has forgotten it, and may have let another write through. It counts as held only where it
   * replaced the very version that was confirmed: writes of this node itself know no locks, and what
   * was being stored when the lock was granted was not told.
   */
  async apply(record: StampedRecord, token?: string): Promise<Taken> {
    if (token !== undefined && !this.#locks.isHeld(record.key, token) && !this.#has(record))
      throw dhtError('DHT_UNAVAILABLE', 'the lock of a conditional write is gone')
    if (this.#locks.isHeld(record.key)) await this.#locks.whenFree(record.key, token)
    const [applied] = await this.#store.apply([record])
    if (token !== undefined) this.#locks.release(record.key, token)
    if (applied === undefined) throw new Error('the store answered nothing for a record')
    const { outcome, newest } = applied
    if (token !== undefined && !this.isNext(token, record.version))
      return { outcome, newest, held: 'unknown' }
    const held =
      outcome === 'older' ? this.#superseded.held(record.key, record.version, newest) : 'before'
    return { outcome, newest, held }
  }

  /** True when this version followed the one that was confirmed to the token's holder. */
  isNext(token: string, version: Version): boolean {
    return this.#confirmed.isNext(token, version)
  }

  /** True for a record that was applied before, and whose answer was lost. */
  #has({ key, version }: StampedRecord): boolean {
    const head = this.#store.head(key)
    return head !== undefined && compareVersions(head.version, version) === 0
  }

  async read(key: string): Promise<StampedRecord | undefined> {
    return this.#store.read(key)
  }

  async readAll(keys: readonly string[]): Promise<StampedRecord[]> {
    const found = await Promise.all(keys.map((key) => this.read(key)))
    return found.filter((record) => record !== undefined)
  }

  heads(keys: readonly string[]): (RecordHead | undefined)[] {
    return keys.map((key) => this.#store.head(key))
  }

  lock(key: string, token: string, leaseMs: number): Lock {
    const isGranted = this.#locks.acquire(key, token, leaseMs)
    const head = this.#store.head(key)
    if (isGranted) this.#confirmed.confirm(token, head?.version)
    return { isGranted, head }
  }

  unlock(key: string, token: string): void {
    this.#locks.release(key, token)
  }

  /** Digests of the buckets that hold anything. */
  digests(): Digests {
    for (const key of this.#unsorted) this.#buckets.add(this.#store.bucketOf(key))
    this.#unsorted.clear()
    return new Map(
      Array.from(this.#buckets, (bucket) => [bucket, this.#store.digest(bucket).hash.join()]),
    )
  }

  /** Heads of all records in the buckets whose digests differ from those given. */
  headsDiffering(digests: Digests): BucketHeads[] {
    const own = this.digests()
    return Array.from(new Set([...own.keys(), ...digests.keys()]))
      .filter((bucket) => own.get(bucket) !== digests.get(bucket))
      .map((bucket) => ({ bucket, heads: [...this.#store.heads(bucket)] }))
  }
}

const filledBuckets = (store: Store): Set<number> => {
  const filled = new Set<number>()
  for (let bucket = 0; store.size > 0 && bucket < BUCKETS; bucket++)
    if (store.digest(bucket).count > 0) filled.add(bucket)
  return filled
}
