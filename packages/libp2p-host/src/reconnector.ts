import { codeOf } from '@bzzz/base'
import { REDIAL_FORGET_MS } from './limits.js'
import type { PeerLink } from './peer-link.js'
import type { Redialer, DialOutcome } from './redialer.js'

export interface ReconnectorOptions {
  readonly redialer: Redialer
  readonly bootstrap: readonly string[]
  /** Dials an address until the peer behind it has joined; returns its id. */
  readonly dialAddress: (address: string) => Promise<string>
  /** Dials a peer at its known addresses until it has joined. */
  readonly dialPeer: (link: PeerLink) => Promise<void>
  readonly onFailure: (address: string, error: unknown) => void
}

/**
 * Brings back what was lost: bootstrap addresses for as long as the host runs, whoever answers there;
 * other peers that had joined for an hour.
 */
export class Reconnector {
  readonly #options: ReconnectorOptions
  /** Which bootstrap address led to which peer. */
  readonly #addressOf = new Map<string, string>()

  constructor(options: ReconnectorOptions) {
    this.#options = options
  }

  start(): void {
    for (const address of this.#options.bootstrap) this.#wantAddress(address, true)
  }

  stop(): void {
    this.#options.redialer.stop()
    this.#addressOf.clear()
  }

  /** Nobody is to dial the peer any more. */
  drop(peerId: string): void {
    this.#options.redialer.drop(peerId)
    const address = this.#addressOf.get(peerId)
    if (address !== undefined) this.#options.redialer.drop(address)
  }

  onJoined(link: PeerLink): void {
    this.#options.redialer.drop(link.peerId)
  }

  onLost(link: PeerLink): void {
    if (!link.isWanted || !link.hasJoined) return
    const address = this.#addressOf.get(link.peerId)
    if (address !== undefined) this.#wantAddress(address, false)
    this.#options.redialer.want(link.peerId, () => this.#dialPeer(link), REDIAL_FORGET_MS)
  }

  async #dialPeer(link: PeerLink): Promise<DialOutcome> {
    if (link.state === 'disconnected') await this.#options.dialPeer(link)
    return 'done'
  }

  #wantAddress(address: string, atOnce: boolean): void {
    const forMs = Number.POSITIVE_INFINITY
    this.#options.redialer.want(address, () => this.#dialAddress(address), forMs, atOnce)
  }

  async #dialAddress(address: string): Promise<DialOutcome> {
    try {
      const peerId = await this.#options.dialAddress(address)
      this.#addressOf.set(peerId, address)
      return 'done'
    } catch (error) {
      this.#options.onFailure(address, error)
      // This node's own address, in a list that all nodes share.
      return codeOf(error) === 'HOST_ADDRESS_INVALID' ? 'never' : 'again'
    }
  }
}
