import { compareBytes, concatBytes, fromHex, toHex, utf8 } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import {
  ATTESTATION_BYTES_MAX,
  BATCH_LEAVES_MAX,
  createSigner,
  createVerifier,
  sha256,
  signBatch,
  verifyAttestation,
  type Verifier,
} from '../src/index.node.js'
import { at, builds, flipped, seedOf, vectors } from './support.js'

const signer = createSigner(seedOf(7))
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`bzzz/record/1\0${String(i)}`))
const isValid = (leaf: Uint8Array, attestation: Uint8Array): boolean =>
  verifyAttestation(createVerifier(), signer.publicKey, leaf, attestation)

describe.each(builds)('batch vectors on %s', (_name, crypto) => {
  const { seed, batches } = vectors('batch') as {
    seed: string
    batches: { leaves: string[]; attestations: string[] }[]
  }

  test.each(batches)('%#', ({ leaves, attestations }) => {
    const own = crypto.createSigner(fromHex(seed))
    const made = crypto.signBatch(own, leaves.map(fromHex))
    expect(made.map(toHex)).toEqual(attestations)
    const verifier = crypto.createVerifier()
    for (const [i, leaf] of leaves.entries())
      expect(crypto.verifyAttestation(verifier, own.publicKey, fromHex(leaf), at(made, i))).toBe(
        true,
      )
  })
})

describe('batch signatures', () => {
  test('hold for every leaf of every size of batch', () => {
    for (let count = 1; count <= 40; count++) {
      const leaves = leavesOf(count)
      const verifier = createVerifier()
      for (const [i, attestation] of signBatch(signer, leaves).entries())
        expect(verifyAttestation(verifier, signer.publicKey, at(leaves, i), attestation)).toBe(true)
    }
  })

  test('an empty batch has nothing to attest', () => {
    expect(signBatch(signer, [])).toEqual([])
  })

  test('are small: 69 bytes alone, within the bound at the limit', () => {
    expect(at(signBatch(signer, leavesOf(1)), 0)).toHaveLength(69)
    const full = signBatch(signer, leavesOf(BATCH_LEAVES_MAX))
    expect(Math.max(...full.map((each) => each.length))).toBe(ATTESTATION_BYTES_MAX)
    expect(ATTESTATION_BYTES_MAX).toBe(389)
  })

  test('one signature for each 1,024 leaves', () => {
    let signatures = 0
    const counting = {
      ...signer,
      sign: (message: Uint8Array): Uint8Array => {
        signatures++
        return signer.sign(message)
      },
    }
    const leaves = leavesOf(BATCH_LEAVES_MAX + 1)
    const made = signBatch(counting, leaves)
    expect([made.length, signatures]).toEqual([BATCH_LEAVES_MAX + 1, 2])
    for (const i of [0, BATCH_LEAVES_MAX - 1, BATCH_LEAVES_MAX])
      expect(isValid(at(leaves, i), at(made, i))).toBe(true)
  })

  test('one check of a signature for all leaves of a batch', () => {
    let checks = 0
    const leaves = leavesOf(64)
    const seen = new Set<string>()
    const counting: Verifier = {
      verify: () => false,
      verifyOnce: (publicKey, message, signature) => {
        seen.add(toHex(concatBytes([publicKey, message, signature])))
        checks++
        return true
      },
    }
    for (const [i, attestation] of signBatch(signer, leaves).entries())
      verifyAttestation(counting, signer.publicKey, at(leaves, i), attestation)
    expect([checks, seen.size]).toEqual([64, 1])
  })

  test('of a hostile writer: leaves that are not bytes are refused before anything is signed', () => {
    expect(() => signBatch(signer, [utf8('a'), 'b' as unknown as Uint8Array])).toThrow(
      expect.objectContaining({ code: 'CRYPTO_LEAF_INVALID' }),
    )
  })

  test('one changed bit anywhere is told', () => {
    const leaves = leavesOf(11)
    const made = signBatch(signer, leaves)
    fc.assert(
      fc.property(fc.nat(10), fc.nat(), (i, bit) => {
        const [leaf, attestation] = [at(leaves, i), at(made, i)]
        expect(isValid(leaf, flipped(attestation, bit % (attestation.length * 8)))).toBe(false)
        expect(isValid(flipped(leaf, bit % (leaf.length * 8)), attestation)).toBe(false)
      }),
    )
  })

  test('cut short or made longer, it does not hold', () => {
    const leaves = leavesOf(6)
    const attestation = at(signBatch(signer, leaves), 3)
    for (let length = 0; length < attestation.length; length++)
      expect(isValid(at(leaves, 3), attestation.subarray(0, length))).toBe(false)
    for (const extra of [1, 32])
      expect(isValid(at(leaves, 3), concatBytes([attestation, new Uint8Array(extra)]))).toBe(false)
  })

  test('does not hold for another leaf, another place or another writer', () => {
    const leaves = leavesOf(8)
    const made = signBatch(signer, leaves)
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++) expect(isValid(at(leaves, i), at(made, j))).toBe(i === j)
    const other = createSigner(seedOf(8))
    expect(verifyAttestation(createVerifier(), other.publicKey, at(leaves, 0), at(made, 0))).toBe(
      false,
    )
  })
})

/** Rebuilds an attestation from parts of a genuine one. */
const forge = (
  count: number,
  index: number,
  signature: Uint8Array,
  path: readonly Uint8Array[],
): Uint8Array =>
  concatBytes([
    Uint8Array.of(1, count >> 8, count & 255, index >> 8, index & 255),
    signature,
    ...path,
  ])

const hashOf = (prefix: string, ...parts: Uint8Array[]): Uint8Array =>
  sha256(concatBytes([utf8(prefix), ...parts]))
const leafHash = (leaf: Uint8Array): Uint8Array => hashOf('bzzz/batch-leaf/1\0', leaf)
const nodeHash = (a: Uint8Array, b: Uint8Array): Uint8Array => hashOf('bzzz/batch-node/1\0', a, b)

describe('second preimages', () => {
  const leaves = leavesOf(4)
  const made = signBatch(signer, leaves)
  const signature = at(made, 0).subarray(5, 69)
  const hashes = leaves.map(leafHash)
  const left = nodeHash(at(hashes, 0), at(hashes, 1))
  const right = nodeHash(at(hashes, 2), at(hashes, 3))

  test('the parts above do make a genuine attestation', () => {
    const path = [at(hashes, 1), right]
    expect(compareBytes(forge(4, 0, signature, path), at(made, 0))).toBe(0)
  })

  test('an inner node is no leaf, with or without its prefix', () => {
    const children = concatBytes([at(hashes, 0), at(hashes, 1)])
    const passedOff = [children, left, concatBytes([utf8('bzzz/batch-node/1\0'), children])]
    for (const leaf of passedOff)
      for (const count of [2, 3, 4])
        expect(isValid(leaf, forge(count, 0, signature, [right]))).toBe(false)
  })

  test('the root is no leaf of a batch of one', () => {
    const root = nodeHash(left, right)
    for (const leaf of [root, concatBytes([left, right])])
      expect(isValid(leaf, forge(1, 0, signature, []))).toBe(false)
  })

  test('a leaf that looks like a signed root is no batch', () => {
    const asLeaf = concatBytes([utf8('bzzz/batch-root/1\0'), Uint8Array.of(0, 1), left])
    const attestation = at(signBatch(signer, [asLeaf]), 0)
    expect(isValid(at(leaves, 0), attestation)).toBe(false)
    expect(isValid(asLeaf, attestation)).toBe(true)
  })

  test('the last leaf of an odd batch does not stand twice in it', () => {
    const odd = leavesOf(3)
    const attestation = at(signBatch(signer, odd), 2)
    const [a, b, c] = odd.map(leafHash) as [Uint8Array, Uint8Array, Uint8Array]
    const signed = attestation.subarray(5, 69)
    expect(compareBytes(attestation, forge(3, 2, signed, [nodeHash(a, b)]))).toBe(0)
    expect(isValid(at(odd, 2), forge(4, 3, signed, [c, nodeHash(a, b)]))).toBe(false)
    const doubled = at(signBatch(signer, [...odd, at(odd, 2)]), 2)
    expect(compareBytes(doubled.subarray(5, 69), signed)).not.toBe(0)
  })

  test('the same proof under another count does not hold', () => {
    const odd = leavesOf(3)
    const [a, b] = odd.map(leafHash) as [Uint8Array, Uint8Array]
    const signed = at(signBatch(signer, odd), 2).subarray(5, 69)
    // In a batch of two the path has one hash, on the left, as for leaf 2 of 3.
    expect(isValid(at(odd, 2), forge(2, 1, signed, [nodeHash(a, b)]))).toBe(false)
  })

  test('an index outside the batch, an empty batch and one over the limit do not hold', () => {
    const single = at(signBatch(signer, leavesOf(1)), 0)
    const signed = single.subarray(5, 69)
    for (const [count, index] of [
      [0, 0],
      [1, 1],
      [BATCH_LEAVES_MAX, BATCH_LEAVES_MAX],
    ] as const)
      expect(isValid(at(leavesOf(1), 0), forge(count, index, signed, []))).toBe(false)
    // A tree over the limit, honestly built and signed, so that only the limit refuses it.
    const leaf = at(leaves, 0)
    const count = BATCH_LEAVES_MAX + 1
    const below = new Uint8Array(32).fill(1)
    const root = nodeHash(below, leafHash(leaf))
    const message = concatBytes([
      utf8('bzzz/batch-root/1\0'),
      Uint8Array.of(count >> 8, count & 255),
      root,
    ])
    expect(isValid(leaf, forge(count, count - 1, signer.sign(message), [below]))).toBe(false)
  })
})
