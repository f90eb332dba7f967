import { concatBytes } from '@bzzz/base'
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

/** Undefined for what is not worth remembering. The leading parts have a fixed length, so that no two triples share a name. */
const tripleName = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): string | undefined => {
  const isBytes = [publicKey, message, signature].every((part) => ArrayBuffer.isView(part))
  if (
    !isBytes ||
    publicKey.length !== PUBLIC_KEY_BYTES ||
    signature.length !== SIGNATURE_BYTES ||
    message.length > REMEMBERED_BYTES_MAX
  )
    return undefined
  return nameOf(concatBytes([publicKey, signature, message]))
}

/** A verifier over the backend with bounded caches of its own. */
export const rememberingVerifier = <K extends object>(
  backend: VerifyBackend<K>,
  options: VerifierOptions,
): Verifier => {
  const keys = new Lru<K>(options.keysMax ?? DEFAULT_KEYS_MAX)
  const seen = new Lru<true>(options.rootsMax ?? DEFAULT_ROOTS_MAX)
  const verify = checkWith(backend, (publicKey) => {
    const name = nameOf(publicKey)
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = backend.prepare(publicKey)
    if (key !== undefined) keys.set(name, key)
    return key
  })
  return {
    verify,
    verifyOnce: (publicKey, message, signature) => {
      const name = tripleName(publicKey, message, signature)
      if (name === undefined) return verify(publicKey, message, signature)
      if (seen.get(name) === true) return true
      const isValid = verify(publicKey, message, signature)
      if (isValid) seen.set(name, true)
      return isValid
    },
  }
}
