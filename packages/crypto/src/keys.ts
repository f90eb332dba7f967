/** Bytes of an ed25519 seed, the private half of an identity. */
export const SEED_BYTES = 32

export const PUBLIC_KEY_BYTES = 32

export const SIGNATURE_BYTES = 64

/**
 * Public keys that a verifier keeps ready. A mesh has tens to hundreds of writers; a prepared key
 * takes about 1 KiB, so that this costs 1 MiB at most.
 */
export const DEFAULT_KEYS_MAX = 1024

/**
 * Verified batch roots that a verifier remembers. Records of one batch arrive close together, so
 * that this only has to span the batches in flight from all writers.
 */
export const DEFAULT_ROOTS_MAX = 4096

/** The private half of an identity. Holds its seed out of reach of JSON and of inspection. */
export interface Signer {
  /** 32 bytes. Do not change them. */
  readonly publicKey: Uint8Array
  /** The libp2p peer id of the key: `12D3KooW…`. */
  readonly peerId: string
  /** The 64 bytes of the RFC 8032 signature; the same ones for the same message. */
  sign(message: Uint8Array): Uint8Array
}

export interface VerifierOptions {
  /** Public keys kept ready for use. Default 1,024. */
  readonly keysMax?: number
  /** Verified batch roots remembered. Default 4,096. */
  readonly rootsMax?: number
}

/**
 * Verifies signatures and remembers what makes the next check cheaper. Both caches are bounded
 * and hold nothing that failed, so that a peer cannot fill them with garbage of its making.
 */
export interface Verifier {
  /** False for anything but a valid signature, whatever the arguments are. Never throws. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** As {@link verify}, but a success is remembered: for messages that many records share. */
  verifyOnce(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

/** Hashes the concatenation of the parts. */
export type HashParts = (...parts: readonly Uint8Array[]) => Uint8Array
