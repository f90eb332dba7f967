import { batchSignatures, type BatchSignatures } from './batch.js'
import { sha256Parts } from './node/sha256.js'

export { ATTESTATION_BYTES_MAX, BATCH_LEAVES_MAX } from './attestation.js'
export type { BatchSignatures } from './batch.js'
export { CRYPTO_ERRORS, cryptoError } from './errors.js'
export {
  DEFAULT_KEYS_MAX,
  DEFAULT_ROOTS_MAX,
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  type Signer,
  type Verifier,
  type VerifierOptions,
} from './keys.js'
export { createSigner, createVerifier, verify } from './node/ed25519.js'
export { sha256 } from './node/sha256.js'
export { peerIdOf, publicKeyOf } from './peer-id.js'

const batch: BatchSignatures = batchSignatures(sha256Parts)

/** See {@link BatchSignatures.signBatch}. */
export const signBatch: BatchSignatures['signBatch'] = batch.signBatch

/** See {@link BatchSignatures.verifyAttestation}. */
export const verifyAttestation: BatchSignatures['verifyAttestation'] = batch.verifyAttestation
