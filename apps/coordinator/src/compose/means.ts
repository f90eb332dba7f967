import type { Clock, ModeSetting, Random } from '@bzzz/base'
import type { CoordinatorConfig } from '@bzzz/config'
import type { DataDirectory } from '../data/data-directory.js'
import type { Log } from '../log.js'

/** The settings that decide what a node is made of. */
export type BackendConfig = Pick<
  CoordinatorConfig,
  | 'dhtBootstrapNodes'
  | 'dhtReplicas'
  | 'dhtTimeoutMs'
  | 'dirtyBytesMax'
  | 'drainPerS'
  | 'fallbackBackoffMs'
  | 'fallbackDeadlineMaxMs'
  | 'fallbackDeadlineMinMs'
  | 'fallbackDwellMs'
  | 'fallbackThresholdErrors'
  | 'healthCheckIntervalMs'
  | 'libp2pAllowPeers'
  | 'libp2pListen'
  | 'libp2pPskFile'
  | 'storeCacheBytes'
  | 'storeDurability'
>

export interface ComposeMeans {
  readonly directory: DataDirectory
  /** Ed25519 seed and the peer id that follows from it. */
  readonly identity: { readonly seed: Uint8Array; readonly peerId: string }
  /** The mode of the DHT at the start. */
  readonly dhtSetting: ModeSetting
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
