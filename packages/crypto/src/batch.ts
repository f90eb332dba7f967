import { ByteWriter, utf8 } from '@bzzz/base'
import { BATCH_LEAVES_MAX, decodeAttestation, encodeAttestation } from './attestation.js'
import { cryptoError } from './errors.js'
import type { HashParts, Signer, Verifier } from './keys.js'
import { buildTree, HASH_BYTES, rootFrom } from './merkle.js'

const ROOT = utf8('bzzz/batch-root/1\0')

/** One signature for many records, each of which can still be verified alone. */
export interface BatchSignatures {
  /**
   * Signs all leaves and returns one attestation for each, in their order: 69 bytes, and 32 more
   * for each doubling of the batch. Makes one signature for every 1,024 leaves. A leaf should
   * start with a text that says what it is (`bzzz/record/1`), so that nothing else that the same
   * key signs can be taken for it. Throws `CRYPTO_LEAF_INVALID`.
   */
  readonly signBatch: (signer: Signer, leaves: readonly Uint8Array[]) => Uint8Array[]
  /**
   * True when the owner of the key signed a batch that holds the leaf. Never throws. Costs a few
   * hashes when the verifier has seen another leaf of that batch.
   */
  readonly verifyAttestation: (
    verifier: Verifier,
    publicKey: Uint8Array,
    leaf: Uint8Array,
    attestation: Uint8Array,
  ) => boolean
}

/** What is signed. The count is part of it: the same root over another number of leaves is another batch. */
const rootMessage = (count: number, root: Uint8Array): Uint8Array =>
  new ByteWriter(ROOT.length + 2 + HASH_BYTES).raw(ROOT).u16(count).raw(root).finish()

const signTree = (hash: HashParts, signer: Signer, leaves: readonly Uint8Array[]): Uint8Array[] => {
  const { root, paths } = buildTree(hash, leaves)
  const count = leaves.length
  const signature = signer.sign(rootMessage(count, root))
  return paths.map((path, index) => encodeAttestation({ index, count }, signature, path))
}

export const batchSignatures = (hash: HashParts): BatchSignatures => ({
  signBatch: (signer, leaves) => {
    if (!leaves.every((leaf) => ArrayBuffer.isView(leaf)))
      throw cryptoError('CRYPTO_LEAF_INVALID', 'every leaf of a batch must be bytes')
    const out: Uint8Array[] = []
    for (let from = 0; from < leaves.length; from += BATCH_LEAVES_MAX)
      out.push(...signTree(hash, signer, leaves.slice(from, from + BATCH_LEAVES_MAX)))
    return out
  },

  verifyAttestation: (verifier, publicKey, leaf, attestation) => {
    try {
      const decoded = decodeAttestation(attestation)
      if (decoded === undefined) return false
      const root = rootFrom(hash, leaf, decoded, decoded.path)
      return verifier.verifyOnce(publicKey, rootMessage(decoded.count, root), decoded.signature)
    } catch {
      return false // arguments that are not bytes
    }
  },
})
