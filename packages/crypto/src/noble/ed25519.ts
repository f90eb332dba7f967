import { concatBytes, equalBytes } from '@bzzz/base'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { cryptoError } from '../errors.js'
import { SEED_BYTES, type Signer, type Verifier, type VerifierOptions } from '../keys.js'
import { peerIdOf } from '../peer-id.js'
import { isUsablePublicKey } from '../public-key.js'
import { plainVerify, rememberingVerifier, type VerifyBackend } from '../remember.js'

const { Point } = ed25519
type Point = InstanceType<typeof Point>

/** The identity of a 32-byte seed. The seed is copied. Throws `CRYPTO_KEY_INVALID`. */
export const createSigner = (seed: Uint8Array): Signer => {
  if (seed.length !== SEED_BYTES)
    throw cryptoError('CRYPTO_KEY_INVALID', `a seed has 32 bytes, not ${String(seed.length)}`)
  const secret = Uint8Array.from(seed)
  const publicKey = ed25519.getPublicKey(secret)
  return {
    publicKey,
    peerId: peerIdOf(publicKey),
    sign: (message) => ed25519.sign(message, secret),
  }
}

interface PreparedKey {
  readonly bytes: Uint8Array
  readonly negated: Point
}

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)

/**
 * The equation of RFC 8032 without the cofactor, R = S·B - k·A, compared as bytes: what OpenSSL
 * computes. `ed25519.verify` multiplies by the cofactor, so that a writer with a crafted key
 * could sign what browsers accept and Node refuses.
 */
const backend: VerifyBackend<PreparedKey> = {
  prepare: (publicKey) => {
    if (!isUsablePublicKey(publicKey)) return undefined
    const bytes = Uint8Array.from(publicKey)
    return { bytes, negated: Point.fromBytes(bytes).negate() }
  },
  verify: (key, message, signature) => {
    const r = signature.subarray(0, 32)
    const s = littleEndian(signature.subarray(32))
    if (s >= Point.Fn.ORDER) return false
    const challenge = littleEndian(sha512(concatBytes([r, key.bytes, message]))) % Point.Fn.ORDER
    const expected = Point.BASE.multiplyUnsafe(s).add(key.negated.multiplyUnsafe(challenge))
    return equalBytes(expected.toBytes(), r)
  },
}

/** As {@link Verifier.verify}, with no cache. */
export const verify: Verifier['verify'] = plainVerify(backend)

/** A verifier with caches of its own. */
export const createVerifier = (options: VerifierOptions = {}): Verifier =>
  rememberingVerifier(backend, options)
