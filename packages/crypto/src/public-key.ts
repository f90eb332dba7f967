import { equalBytes, fromHex } from '@bzzz/base'
import { PUBLIC_KEY_BYTES } from './keys.js'

/**
 * The y coordinates (little-endian) of the eight points whose order divides the cofactor. A
 * signature under such a key fits many messages, and libraries disagree on whether to accept it.
 */
const SMALL_ORDER_Y = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/** True when the y coordinate is 2^255 - 19 or more: a second spelling of a smaller one. */
const isOverfull = (y: Uint8Array): boolean => {
  if ((y[0] ?? 0) < 0xed || y[31] !== 0x7f) return false
  for (let i = 1; i < 31; i++) if (y[i] !== 0xff) return false
  return true
}

/**
 * Refuses the encodings on which ed25519 libraries differ: wrong length, a y coordinate that is
 * not reduced, and points of small order. What remains, OpenSSL and `@noble/curves` judge alike.
 */
export const isUsablePublicKey = (publicKey: Uint8Array): boolean => {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false
  const y = Uint8Array.from(publicKey)
  y[31] = (y[31] ?? 0) & 0x7f // the top bit is the sign of x
  return !isOverfull(y) && !SMALL_ORDER_Y.some((small) => equalBytes(small, y))
}
