import { inspect } from 'node:util'
import { fromHex, toHex } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from 'fast-check'
import { isUsablePublicKey } from '../src/public-key.js'
import { builds, flipped, seedOf, vectors } from './support.js'

interface Signature {
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}
interface Verdict extends Omit<Signature, 'seed'> {
  readonly why: string
  readonly valid: boolean
}
const { signatures, verdicts } = vectors('ed25519') as {
  signatures: Signature[]
  verdicts: Verdict[]
}
const hashes = (vectors('sha256') as { cases: { message: string; digest: string }[] }).cases

describe.each(builds)('ed25519 on %s', (_name, crypto) => {
  test.each(hashes)('sha256 of $message', ({ message, digest }) => {
    expect(toHex(crypto.sha256(fromHex(message)))).toBe(digest)
  })

  test.each(signatures)('RFC 8032, message "$message"', (vector) => {
    const signer = crypto.createSigner(fromHex(vector.seed))
    expect(toHex(signer.publicKey)).toBe(vector.publicKey)
    const signature = signer.sign(fromHex(vector.message))
    expect(toHex(signature)).toBe(vector.signature)
    expect(crypto.verify(signer.publicKey, fromHex(vector.message), signature)).toBe(true)
  })

  test.each(verdicts)('$why: $valid ($publicKey)', (vector) => {
    const input = [vector.publicKey, vector.message, vector.signature].map(fromHex)
    const [publicKey, message, signature] = input as [Uint8Array, Uint8Array, Uint8Array]
    expect(crypto.verify(publicKey, message, signature)).toBe(vector.valid)
    expect(crypto.createVerifier().verify(publicKey, message, signature)).toBe(vector.valid)
  })

  test('one changed bit of key, message or signature is told', () => {
    const signer = crypto.createSigner(seedOf(1))
    const message = Uint8Array.of(1, 2, 3, 4)
    const signature = signer.sign(message)
    fc.assert(
      fc.property(fc.nat(255), fc.nat(31), fc.nat(511), (keyBit, messageBit, signatureBit) => {
        const { publicKey } = signer
        expect(crypto.verify(flipped(publicKey, keyBit), message, signature)).toBe(false)
        expect(crypto.verify(publicKey, flipped(message, messageBit), signature)).toBe(false)
        expect(crypto.verify(publicKey, message, flipped(signature, signatureBit))).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  test('verifying garbage answers false and never throws', () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 70 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.anything() as fc.Arbitrary<Uint8Array>,
    )
    const verifier = crypto.createVerifier()
    fc.assert(
      fc.property(junk, junk, junk, (publicKey, message, signature) => {
        expect(crypto.verify(publicKey, message, signature)).toBe(false)
        expect(verifier.verify(publicKey, message, signature)).toBe(false)
        expect(verifier.verifyOnce(publicKey, message, signature)).toBe(false)
        expect(crypto.verifyAttestation(verifier, publicKey, message, signature)).toBe(false)
      }),
    )
  })

  test('a seed of another length is refused', () => {
    for (const length of [0, 31, 33, 64])
      expect(() => crypto.createSigner(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: 'CRYPTO_KEY_INVALID' }),
      )
  })

  test('a signer keeps its own copy of the seed, and shows it nowhere', () => {
    const seed = seedOf(0xab)
    const signer = crypto.createSigner(seed)
    const before = signer.sign(seed)
    seed.fill(0)
    expect(signer.sign(seedOf(0xab))).toEqual(before)
    const shown = inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer)
    expect(shown).not.toMatch(/abababab|171, *171|"171"/i)
  })
})

test('both builds judge alike what a hostile writer can craft around the cofactor', () => {
  const { Point } = ed25519
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  const point = fc
    .tuple(fc.bigInt(1n, Point.Fn.ORDER - 1n), fc.integer({ min: 0, max: 7 }))
    .map(([scalar, times]) =>
      Point.BASE.multiply(scalar)
        .add(torsion.multiplyUnsafe(BigInt(times)))
        .toBytes(),
    )
  const scalar = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(point, point, scalar, fc.uint8Array({ maxLength: 4 }), (key, r, s, message) => {
      const answers = builds.map(([, crypto]) =>
        crypto.verify(key, message, Uint8Array.from([...r, ...s])),
      )
      expect(answers[0]).toBe(answers[1])
    }),
    { numRuns: 25 },
  )
})

describe('usable public keys', () => {
  const P_BYTES = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
  const withFirst = (byte: number): Uint8Array => Uint8Array.of(byte, ...P_BYTES.subarray(1))

  test('y from 2^255 - 19 on is refused with either sign, below it is not', () => {
    for (let first = 0xed; first <= 0xff; first++) {
      expect(isUsablePublicKey(withFirst(first))).toBe(false)
      expect(isUsablePublicKey(flipped(withFirst(first), 255))).toBe(false)
    }
    expect(isUsablePublicKey(withFirst(0xeb))).toBe(true)
    for (const bit of [8, 100, 247, 254])
      expect(isUsablePublicKey(flipped(withFirst(0xee), bit))).toBe(true)
  })

  test('every multiple of a point of order eight is refused', () => {
    const { Point } = ed25519
    const torsion = Point.fromHex(
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    )
    for (let times = 0n; times < 8n; times++)
      expect(isUsablePublicKey(torsion.multiplyUnsafe(times).toBytes())).toBe(false)
  })
})
