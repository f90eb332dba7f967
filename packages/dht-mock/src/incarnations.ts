import { dhtError } from '@bzzz/dht-core'

/** One run of one store: what a node says of itself with every message. */
export interface Incarnation {
  readonly peerId: string
  readonly storeId: string
  /** Grows by one with every start of the store. */
  readonly epoch: number
}

/**
 * The latest run of each other node that this one has met. A data directory that was restored from
 * an old copy, or a process that was thought dead, speaks under a lower epoch and lacks what its
 * later runs acknowledged: neither its requests nor its answers count.
 */
export class Incarnations {
  readonly #epochs = new Map<string, number>()

  /** Throws `DHT_UNAVAILABLE` for a run before the latest one. */
  admit({ peerId, storeId, epoch }: Incarnation): void {
    const name = `${peerId} ${storeId}`
    const latest = this.#epochs.get(name) ?? 0
    if (epoch < latest)
      throw dhtError('DHT_UNAVAILABLE', `${peerId} runs in epoch ${epoch}, after ${latest}`, {
        details: { peerId, epoch, latest },
      })
    if (epoch > latest) this.#epochs.set(name, epoch)
  }
}
