import { ByteWriter, utf8 } from '@bzzz/base'
import { sha256 } from '@bzzz/crypto'
import type { RangeDigest, RecordHead, Store } from './store.js'

/** 12 bits: at a million records a bucket holds 244, few enough to exchange their heads at once. */
export const BUCKETS = 4096

const HASH_BYTES = 16

/** The first 12 bits of the SHA-256 of the key. */
export const bucketOfKey = (key: string): number => {
  const hash = sha256(utf8(key))
  return ((hash[0] ?? 0) << 4) | ((hash[1] ?? 0) >>> 4)
}

const xorInto = (sum: Uint8Array, hash: Uint8Array): void => {
  for (let i = 0; i < HASH_BYTES; i++) sum[i] = (sum[i] ?? 0) ^ (hash[i] ?? 0)
}

/** 16 bytes that name key, version and state of one record; the same on every node. */
export const headHash = (head: RecordHead): Uint8Array =>
  sha256(
    new ByteWriter(128)
      .text('bzzz/head/1')
      .text(head.key)
      .u53(head.version.wallMs)
      .u16(head.version.counter)
      .text(head.version.writer)
      .u8(head.deleted ? 1 : 0)
      .finish(),
  ).subarray(0, HASH_BYTES)

interface Bucket {
  readonly keys: Set<string>
  /** XOR over the heads that were summed; undefined before the first question. */
  sum: Uint8Array | undefined
  /** The head that the sum holds of each key that changed since; undefined: none. */
  readonly changed: Map<string, RecordHead | undefined>
}

/**
 * Digests of the view by range of hashed keys. Nothing is hashed on the write path: a change is
 * noted, and hashed when a digest is asked for.
 *
 * XOR finds differences between honest replicas. Whoever may choose many versions can make two
 * sets collide, so equal digests prove nothing about a hostile peer.
 */
export class RangeDigests {
  readonly #headOf: (key: string) => RecordHead | undefined
  readonly #buckets: (Bucket | undefined)[] = Array.from({ length: BUCKETS })
  #unsorted: string[] = []
  #changed = new Map<string, RecordHead | undefined>()

  constructor(headOf: (key: string) => RecordHead | undefined) {
    this.#headOf = headOf
  }

  /** Tells that a key has a new head; `before` is the one that it replaces. */
  note(key: string, before: RecordHead | undefined): void {
    if (before === undefined) this.#unsorted.push(key)
    else if (!this.#changed.has(key)) this.#changed.set(key, before)
  }

  digest(index: number): RangeDigest {
    this.#sort()
    const bucket = this.#buckets[index]
    if (bucket === undefined) return { count: 0, hash: new Uint8Array(HASH_BYTES) }
    bucket.sum = this.#summed(bucket)
    bucket.changed.clear()
    return { count: bucket.keys.size, hash: bucket.sum.slice() }
  }

  *heads(index: number): Iterable<RecordHead> {
    this.#sort()
    const keys = this.#buckets[index]?.keys
    if (keys === undefined) return
    // A copy, so that a write between two steps neither ends nor repeats the listing.
    for (const key of Array.from(keys)) {
      const head = this.#headOf(key)
      if (head !== undefined) yield head
    }
  }

  #summed(bucket: Bucket): Uint8Array {
    const isFirst = bucket.sum === undefined
    const sum = bucket.sum ?? new Uint8Array(HASH_BYTES)
    for (const key of isFirst ? bucket.keys : bucket.changed.keys()) {
      const before = isFirst ? undefined : bucket.changed.get(key)
      if (before !== undefined) xorInto(sum, headHash(before))
      const now = this.#headOf(key)
      if (now !== undefined) xorInto(sum, headHash(now))
    }
    return sum
  }

  /** Deals the keys that came or changed since the last question into their buckets. */
  #sort(): void {
    for (const key of this.#unsorted) {
      const bucket = this.#bucket(bucketOfKey(key))
      bucket.keys.add(key)
      bucket.changed.set(key, undefined)
      this.#changed.delete(key)
    }
    this.#unsorted = []
    for (const [key, before] of this.#changed) {
      const { changed } = this.#bucket(bucketOfKey(key))
      if (!changed.has(key)) changed.set(key, before)
    }
    this.#changed = new Map()
  }

  #bucket(index: number): Bucket {
    const known = this.#buckets[index]
    if (known !== undefined) return known
    const made: Bucket = { keys: new Set(), sum: undefined, changed: new Map() }
    this.#buckets[index] = made
    return made
  }
}

/** One digest over several buckets, to compare many at the price of one answer. */
export const digestOf = (store: Pick<Store, 'digest'>, buckets: Iterable<number>): RangeDigest => {
  const hash = new Uint8Array(HASH_BYTES)
  let count = 0
  for (const bucket of new Set(buckets)) {
    const digest = store.digest(bucket)
    count += digest.count
    xorInto(hash, digest.hash)
  }
  return { count, hash }
}
