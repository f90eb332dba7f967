import { ByteReader, ByteWriter } from '@bzzz/base'
import { SIGNATURE_BYTES } from './keys.js'
import { HASH_BYTES, pathLength } from './merkle.js'

/**
 * Leaves under one signature. At 1,024 a record's share of signing (30 µs) is 0.03 µs, less than
 * one hash; more leaves would only lengthen every proof. It bounds a proof to ten hashes, and so
 * an attestation to 389 bytes and a verifier's work on garbage to eleven hashes and one check.
 */
export const BATCH_LEAVES_MAX = 1024

const FORMAT = 1

const HEAD_BYTES = 1 + 2 + 2 + SIGNATURE_BYTES

/** Longest attestation: that of a leaf ten levels deep. For limits on what peers send. */
export const ATTESTATION_BYTES_MAX =
  HEAD_BYTES + HASH_BYTES * Math.ceil(Math.log2(BATCH_LEAVES_MAX))

/** The place of one leaf in a signed batch. */
export interface Attestation {
  readonly index: number
  readonly count: number
  readonly signature: Uint8Array
  /** The siblings up to the root, concatenated. */
  readonly path: Uint8Array
}

/** `format:u8 | count:u16 | index:u16 | signature:64 | path:32·n`, big-endian. */
export const encodeAttestation = (
  position: { readonly index: number; readonly count: number },
  signature: Uint8Array,
  path: readonly Uint8Array[],
): Uint8Array => {
  const writer = new ByteWriter(HEAD_BYTES + path.length * HASH_BYTES)
  writer.u8(FORMAT).u16(position.count).u16(position.index).raw(signature)
  for (const sibling of path) writer.raw(sibling)
  return writer.finish()
}

/** Undefined for anything but the one encoding of a well-formed attestation. */
export const decodeAttestation = (bytes: Uint8Array): Attestation | undefined => {
  if (bytes.length < HEAD_BYTES || bytes.length > ATTESTATION_BYTES_MAX) return undefined
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORMAT) return undefined
  const count = reader.u16()
  const index = reader.u16()
  if (count > BATCH_LEAVES_MAX || index >= count) return undefined
  const signature = reader.raw(SIGNATURE_BYTES)
  if (reader.remaining !== HASH_BYTES * pathLength(index, count)) return undefined
  return { index, count, signature, path: reader.raw(reader.remaining) }
}
