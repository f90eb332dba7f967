import { compareVersions, type StampedRecord } from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import type { Applied, RecordHead, Store } from '@bzzz/store'
import type { KeyLocks } from './key-locks.js'

export interface Lock {
  readonly isGranted: boolean
  readonly head: RecordHead | undefined
}

/** What a node does for the others: holds records, and locks keys for conditional writes. */
export class Replica {
  readonly #store: Store
  readonly #locks: KeyLocks

  constructor(store: Store, locks: KeyLocks) {
    this.#store = store
    this.#locks = locks
  }

  /**
   * Resolves when the record, or a newer one, is held durably. With a token it is part of a
   * conditional write, and refused unless the lock is still there: a replica that was restarted
   * has forgotten it, and may have let another write through.
   */
  async apply(record: StampedRecord, token?: string): Promise<Applied> {
    if (token !== undefined && !this.#locks.isHeld(record.key, token) && !this.#has(record))
      throw dhtError('DHT_UNAVAILABLE', 'the lock of a conditional write is gone')
    if (this.#locks.isHeld(record.key)) await this.#locks.whenFree(record.key, token)
    const [applied] = await this.#store.apply([record])
    if (token !== undefined) this.#locks.release(record.key, token)
    if (applied === undefined) throw new Error('the store answered nothing for a record')
    return applied
  }

  /** True for a record that was applied before, and whose answer was lost. */
  #has({ key, version }: StampedRecord): boolean {
    const head = this.#store.head(key)
    return head !== undefined && compareVersions(head.version, version) === 0
  }

  async read(key: string): Promise<StampedRecord | undefined> {
    return this.#store.read(key)
  }

  lock(key: string, token: string, leaseMs: number): Lock {
    const isGranted = this.#locks.acquire(key, token, leaseMs)
    return { isGranted, head: this.#store.head(key) }
  }

  unlock(key: string, token: string): void {
    this.#locks.release(key, token)
  }

  /** Heads of all records in the buckets whose digests differ from those given. */
  headsDiffering(digests: readonly string[]): RecordHead[] {
    return digests.flatMap((digest, bucket) =>
      digest === digestText(this.#store, bucket) ? [] : [...this.#store.heads(bucket)],
    )
  }
}

/** The digest of one bucket, as text to compare. */
export const digestText = (store: Store, bucket: number): string => {
  const { count, hash } = store.digest(bucket)
  return count === 0 ? '' : `${count}:${hash.join()}`
}
