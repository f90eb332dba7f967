import { concatBytes, equalBytes } from '@bzzz/base'
import {
  DEFAULT_KEYS_MAX,
  DEFAULT_ROOTS_MAX,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  type Verifier,
  type VerifierOptions,
} from './keys.js'
import { Lru } from './lru.js'

/** How one platform checks signatures. */
export interface VerifyBackend<K extends object> {
  /** The key in the platform's form; undefined for bytes that are not a usable public key. */
  prepare(publicKey: Uint8Array): K | undefined
  verify(key: K, message: Uint8Array, signature: Uint8Array): boolean
}

/** The longest message whose success is remembered: the caches are bounded in bytes, too. */
const REMEMBERED_BYTES_MAX = 256

/** A map key with one character per byte: half the memory of hexadecimal. */
const nameOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const checkWith = <K extends object>(
  backend: VerifyBackend<K>,
  prepare: (publicKey: Uint8Array) => K | undefined,
): Verifier['verify'] => {
  return (publicKey, message, signature) => {
    try {
      if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES)
        return false
      const key = prepare(publicKey)
      return key !== undefined && backend.verify(key, message, signature)
    } catch {
      return false // arguments that are not bytes, points that are not on the curve
    }
  }
}

/** Verifies without remembering anything. */
export const plainVerify = <K extends object>(backend: VerifyBackend<K>): Verifier['verify'] =>
  checkWith(backend, (publicKey) => backend.prepare(publicKey))

/** Whether a success is worth remembering; the parts but the message have a fixed length. */
const isMemorable = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => {
  for (const part of [publicKey, message, signature]) if (!ArrayBuffer.isView(part)) return false
  return (
    publicKey.length === PUBLIC_KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    message.length <= REMEMBERED_BYTES_MAX
  )
}

/** A verifier over the backend with bounded caches of its own. */
export const rememberingVerifier = <K extends object>(
  backend: VerifyBackend<K>,
  options: VerifierOptions,
): Verifier => {
  const keys = new Lru<K>(options.keysMax ?? DEFAULT_KEYS_MAX)
  const rootsMax = options.rootsMax ?? DEFAULT_ROOTS_MAX
  const seen = new Lru<true>(rootsMax)
  const verify = checkWith(backend, (publicKey) => {
    const name = nameOf(publicKey)
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = backend.prepare(publicKey)
    if (key !== undefined) keys.set(name, key)
    return key
  })
  // Records of one batch come in a row: to compare with the last success takes less than a name.
  let last: Uint8Array | undefined
  return {
    verify,
    verifyOnce: (publicKey, message, signature) => {
      if (!isMemorable(publicKey, message, signature)) return verify(publicKey, message, signature)
      // No two triples share these bytes: all parts before the last have a fixed length.
      const triple = concatBytes([publicKey, signature, message])
      if (last !== undefined && equalBytes(triple, last)) return true
      const name = nameOf(triple)
      if (seen.get(name) !== true) {
        if (!verify(publicKey, message, signature)) return false
        seen.set(name, true)
      }
      if (rootsMax > 0) last = triple
      return true
    },
  }
}
