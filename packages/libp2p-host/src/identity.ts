import { hostError } from './errors.js'

/** A node's key on disk. */
export interface Identity {
  /** Ed25519 seed, 32 bytes. Secret. */
  readonly seed: Uint8Array
  /** The peer id that libp2p shows for it. */
  readonly peerId: string
  /** True when the file was made by this call. */
  readonly created: boolean
}

export const loadIdentity = (_file: string): Promise<Identity> =>
  Promise.reject(hostError('IDENTITY_FAILED', 'not built yet'))
