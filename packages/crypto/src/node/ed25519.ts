import {
  createPrivateKey,
  createPublicKey,
  sign as signWith,
  verify as verifyWith,
  type KeyObject,
} from 'node:crypto'
import { concatBytes, fromHex } from '@bzzz/base'
import { cryptoError } from '../errors.js'
import {
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  type Signer,
  type Verifier,
  type VerifierOptions,
} from '../keys.js'
import { peerIdOf } from '../peer-id.js'
import { isUsablePublicKey } from '../public-key.js'
import { plainVerify, rememberingVerifier, type VerifyBackend } from '../remember.js'

/** DER before a raw seed and before a raw public key (RFC 8410); Node takes no raw keys. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')
const SPKI_PREFIX = fromHex('302a300506032b6570032100')

const privateKeyOf = (seed: Uint8Array): KeyObject => {
  const der = Buffer.concat([PKCS8_PREFIX, seed])
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    der.fill(0)
  }
}

/** The identity of a 32-byte seed. The seed is copied. Throws `CRYPTO_KEY_INVALID`. */
export const createSigner = (seed: Uint8Array): Signer => {
  if (seed.length !== SEED_BYTES)
    throw cryptoError('CRYPTO_KEY_INVALID', `a seed has 32 bytes, not ${String(seed.length)}`)
  const privateKey = privateKeyOf(seed)
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const publicKey = Uint8Array.from(der.subarray(-PUBLIC_KEY_BYTES))
  return {
    publicKey,
    peerId: peerIdOf(publicKey),
    sign: (message) => {
      const signature = signWith(null, message, privateKey)
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength)
    },
  }
}

const backend: VerifyBackend<KeyObject> = {
  prepare: (publicKey) => {
    if (!isUsablePublicKey(publicKey)) return undefined
    const key = Buffer.from(concatBytes([SPKI_PREFIX, publicKey]))
    return createPublicKey({ key, format: 'der', type: 'spki' })
  },
  verify: (key, message, signature) => verifyWith(null, message, key, signature),
}

/** As {@link Verifier.verify}, with no cache. */
export const verify: Verifier['verify'] = plainVerify(backend)

/** A verifier with caches of its own. */
export const createVerifier = (options: VerifierOptions = {}): Verifier =>
  rememberingVerifier(backend, options)
