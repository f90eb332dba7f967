import { codeOf, messageOf, type StampedRecord } from '@bzzz/base'
import {
  createVerifier,
  publicKeyOf,
  signBatch,
  verifyAttestation,
  type Signer,
  type Verifier,
} from '@bzzz/crypto'
import { dhtError } from '@bzzz/dht-core'
import { decodeLeaf, encodeLeaf } from './wire/record-codec.js'
import type { SignedLeaf } from './wire/request.js'

/** Public keys kept decoded, as many as a verifier keeps prepared. */
const KEYS_MAX = 1024

/** Proves records of this node, and checks those of others. */
export class Attester {
  readonly #signer: Signer
  readonly #verifier: Verifier = createVerifier()
  readonly #keys = new Map<string, Uint8Array>()
  /**
   * Proofs of own records, for as long as somebody holds the record. Without the leaf, which would
   * hold each value a second time and is encoded again for the few records that travel again.
   */
  readonly #proofs = new WeakMap<StampedRecord, Uint8Array>()

  constructor(signer: Signer) {
    this.#signer = signer
  }

  /**
   * The records as they travel; one signature for all that have no proof yet. Throws
   * `DHT_RECORD_INVALID` for another node's record without one.
   */
  sign(records: readonly StampedRecord[]): SignedLeaf[] {
    const fresh: { readonly index: number; readonly leaf: Uint8Array }[] = []
    const out = records.map((record, index): SignedLeaf => {
      const leaf = encodeLeaf(record)
      const known = record.attestation ?? this.#proofs.get(record)
      if (known !== undefined) return { leaf, attestation: known }
      if (record.version.writer !== this.#signer.peerId)
        throw dhtError('DHT_RECORD_INVALID', 'a record of another writer has no proof')
      fresh.push({ index, leaf })
      return { leaf, attestation: leaf }
    })
    if (fresh.length === 0) return out
    const attestations = signBatch(
      this.#signer,
      fresh.map(({ leaf }) => leaf),
    )
    for (const [position, { index, leaf }] of fresh.entries()) {
      const [attestation, record] = [attestations[position], records[index]]
      if (attestation === undefined || record === undefined) continue
      out[index] = { leaf, attestation }
      this.#proofs.set(record, attestation)
    }
    return out
  }

  /** The record, if its writer signed exactly these bytes. Throws `DHT_RECORD_INVALID`. */
  verify({ leaf, attestation }: SignedLeaf): StampedRecord {
    const record = this.#decode(leaf)
    const key = this.#publicKey(record.version.writer)
    if (key === undefined || !verifyAttestation(this.#verifier, key, leaf, attestation))
      throw dhtError(
        'DHT_RECORD_INVALID',
        `a record of ${JSON.stringify(record.key)} is not signed by its writer`,
      )
    return { ...record, attestation: attestation.slice() }
  }

  #decode(leaf: Uint8Array): StampedRecord {
    try {
      return decodeLeaf(leaf)
    } catch (cause) {
      if (codeOf(cause) !== 'BYTES_INVALID') throw cause
      throw dhtError('DHT_RECORD_INVALID', messageOf(cause), { cause })
    }
  }

  #publicKey(peerId: string): Uint8Array | undefined {
    const known = this.#keys.get(peerId)
    if (known !== undefined) return known
    let key: Uint8Array
    try {
      key = publicKeyOf(peerId)
    } catch {
      return undefined
    }
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear()
    this.#keys.set(peerId, key)
    return key
  }
}
