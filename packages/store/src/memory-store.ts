import { crc32, systemRandom, toHex, type Clock, type Random, type StampedRecord } from '@bzzz/base'
import type { Entry } from './entry.js'
import { StoreEngine, type EngineOptions, type Opened } from './store-engine.js'

export interface MemoryStoreOptions {
  /** Peer id that stamps this store's writes. */
  readonly writer: string
  readonly clock: Clock
  /** Makes the store's id. Default: the platform's randomness. */
  readonly random?: Random
  /** Refuse stamps further ahead of the wall clock than this. Default 500 ms. */
  readonly maxSkewMs?: number
  /** Superseded operations that a retry still finds. Default 65,536. */
  readonly supersededMax?: number
  readonly onListenerError?: EngineOptions['onListenerError']
}

/** The store without a disk: everything is gone when the process ends. */
export class MemoryStore extends StoreEngine {
  override readonly durability = 'memory' as const
  readonly #random: Random

  constructor(options: MemoryStoreOptions) {
    super('the memory store', { ...options, crc32, cacheBytesMax: Infinity })
    this.#random = options.random ?? systemRandom
  }

  protected override open(): Promise<Opened> {
    return Promise.resolve({
      storeId: toHex(this.#random.bytes(16)),
      epoch: 1,
      restored: { last: undefined, ceilingMs: 0 },
    })
  }

  protected override write(): Promise<void> {
    return Promise.resolve()
  }

  protected override load(entry: Entry): Promise<StampedRecord> {
    return Promise.reject(new Error(`the value of ${JSON.stringify(entry.key)} left the memory`))
  }

  protected override close(): Promise<void> {
    return Promise.resolve()
  }
}
