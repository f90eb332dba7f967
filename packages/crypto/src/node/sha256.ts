import { createHash, hash } from 'node:crypto'
import type { HashParts } from '../keys.js'

/** Below this, joining the parts for one call is cheaper than a Hash object. */
const ONE_SHOT_BYTES_MAX = 4096

/** A plain array, so that both builds give values that compare and print alike. */
const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const sha256 = (bytes: Uint8Array): Uint8Array => plain(hash('sha256', bytes, 'buffer'))

export const sha256Parts: HashParts = (...parts) => {
  let length = 0
  for (const part of parts) length += part.length
  if (length <= ONE_SHOT_BYTES_MAX)
    return plain(hash('sha256', Buffer.concat(parts, length), 'buffer'))
  const incremental = createHash('sha256')
  for (const part of parts) incremental.update(part)
  return plain(incremental.digest())
}
