import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import type { HashParts } from '../keys.js'

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes)

export const sha256Parts: HashParts = (...parts) => {
  const hash = nobleSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}
