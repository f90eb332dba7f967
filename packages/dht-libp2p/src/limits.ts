import type { StampedRecord } from '@bzzz/base'

/** Records, keys or results in one message. A batch of 1,024 shares one signature. */
export const ENTRIES_MAX = 1024

/** A message is closed at this size, so that one peer's batch does not hold up another's answer. */
export const BATCH_BYTES_MAX = 256 * 1024

/** What a record adds to a message beside its key, its operation and its value. */
export const RECORD_OVERHEAD_BYTES = 512

/**
 * About what a record takes in a message. A character of a key may be three bytes: a batch that is
 * cut by this is three times {@link BATCH_BYTES_MAX} at most, and a message has room for four.
 */
export const messageBytesOf = ({ key, opId, value }: StampedRecord): number =>
  value.length + key.length + opId.length + RECORD_OVERHEAD_BYTES

/** One record at its limits (1 MiB of value, 1 KiB of key) with its proof. */
export const LEAF_BYTES_MAX = 1024 * 1024 + 8 * 1024

/** Attestations of `@bzzz/crypto` take at most 389 bytes; room for a longer proof later. */
export const ATTESTATION_BYTES_MAX = 1024

/** Replica sets are found by comparing all members: at 1,024 a view change costs some 50 ms. */
export const MEMBERS_MAX = 1024

/** Loopback, LAN, public and relay. */
export const ADDRESSES_MAX = 4

export const ADDRESS_BYTES_MAX = 256

/** Peer ids take 52 characters; store ids 32. */
export const ID_BYTES_MAX = 256

/** Views that a joining node must still cover. Five nodes that meet at once make 15 at most. */
export const PENDING_VIEWS_MAX = 64

/** Buckets of the key space; `Store.bucketOf` gives the first 12 bits of the key's hash. */
export const BUCKETS = 4096

/** Buckets are compared in groups first: 16 digests tell equal stores apart from others. */
export const GROUPS = 16

export const BUCKETS_PER_GROUP: number = BUCKETS / GROUPS

/** Heads in one page. At 1 KiB of key it stays within a message. */
export const HEADS_PAGE_MAX = 512

/** Operations kept in memory for replicas that are away; further ones stay dirty in the store. */
export const PARKED_MAX = 10_000

/** Their records together, bytes. */
export const PARKED_BYTES_MAX: number = 64 * 1024 * 1024

/** Operations resent to one returning peer at a time, every {@link DRAIN_EVERY_MS}. */
export const DRAIN_MAX = 256

export const DRAIN_EVERY_MS = 20

/** Restamps of one operation before it is left pending: each one needs a writer that was faster. */
export const RESTAMPS_MAX = 16

/** Superseded versions that a replica remembers, to tell a refused writer whether it ever held one. */
export const SUPERSEDED_MAX = 8192

/** Conditional writes that a replica takes part in at once. */
export const LOCKS_MAX = 4096

/** Longest time for which a replica keeps a key for one conditional write. */
export const LOCK_MS_MAX = 10_000

/** Keys whose last acknowledged version a writer remembers, for earlier writes that are still open. */
export const ACKNOWLEDGED_MAX = 4096
