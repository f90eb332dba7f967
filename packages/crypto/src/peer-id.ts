import { concatBytes, equalBytes } from '@bzzz/base'
import { base58btc } from 'multiformats/bases/base58'
import { cryptoError } from './errors.js'
import { PUBLIC_KEY_BYTES } from './keys.js'

/**
 * What stands before the key in the binary peer id: an identity multihash (code 0x00) of 36
 * bytes, which are a protobuf of key type 1 (ed25519) and 32 bytes of key.
 * Source: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const PREFIX = new Uint8Array([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])

/** The fixed prefix makes every ed25519 peer id equally long. Checked before base58, which is quadratic. */
const PEER_ID_CHARS = 52

/** The libp2p peer id of an ed25519 public key. Throws `CRYPTO_KEY_INVALID`. */
export const peerIdOf = (publicKey: Uint8Array): string => {
  if (publicKey.length !== PUBLIC_KEY_BYTES)
    throw cryptoError(
      'CRYPTO_KEY_INVALID',
      `a public key has ${String(PUBLIC_KEY_BYTES)} bytes, not ${String(publicKey.length)}`,
    )
  return base58btc.baseEncode(concatBytes([PREFIX, publicKey]))
}

const decode = (peerId: string): Uint8Array | undefined => {
  if (typeof peerId !== 'string' || peerId.length !== PEER_ID_CHARS) return undefined
  try {
    return base58btc.decode(base58btc.prefix + peerId)
  } catch {
    return undefined
  }
}

/** The public key inside an ed25519 peer id. Throws `CRYPTO_PEER_ID_INVALID` for any other text. */
export const publicKeyOf = (peerId: string): Uint8Array => {
  const bytes = decode(peerId)
  if (
    bytes?.length !== PREFIX.length + PUBLIC_KEY_BYTES ||
    !equalBytes(bytes.subarray(0, PREFIX.length), PREFIX)
  )
    throw cryptoError('CRYPTO_PEER_ID_INVALID', 'the text is not the peer id of an ed25519 key')
  return bytes.slice(PREFIX.length)
}
