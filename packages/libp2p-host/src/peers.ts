import type { PeerStatus } from '@bzzz/base'
import { PEERS_MAX } from './limits.js'
import { PeerLink, type LinkContext } from './peer-link.js'

/** The peers that this node met, by id. Bounded: those gone longest are forgotten first. */
export class Peers {
  readonly #context: LinkContext
  readonly #links = new Map<string, PeerLink>()
  #statuses: readonly PeerStatus[] | undefined

  constructor(context: LinkContext) {
    this.#context = context
  }

  get(peerId: string): PeerLink | undefined {
    return this.#links.get(peerId)
  }

  of(peerId: string): PeerLink {
    const existing = this.#links.get(peerId)
    if (existing !== undefined) return existing
    const link = new PeerLink(peerId, this.#context)
    if (this.#links.size >= PEERS_MAX) this.#forgetOne()
    this.#links.set(peerId, link)
    return link
  }

  /** Forgets a peer that never joined; keeps any other, as the one seen last. */
  onLost(link: PeerLink): void {
    this.#links.delete(link.peerId)
    if (link.hasJoined) this.#links.set(link.peerId, link)
    this.#statuses = undefined
  }

  /** A status changed: the list is made anew when it is asked for. */
  invalidate(): void {
    this.#statuses = undefined
  }

  /** Peers that have joined, now or earlier. */
  statuses(): readonly PeerStatus[] {
    this.#statuses ??= Array.from(this.#links.values())
      .filter((link) => link.hasJoined)
      .map((link) => link.status)
    return this.#statuses
  }

  [Symbol.iterator](): Iterator<PeerLink> {
    return this.#links.values()
  }

  clear(): void {
    this.#links.clear()
    this.#statuses = undefined
  }

  #forgetOne(): void {
    for (const link of this.#links.values()) {
      if (link.isConnected) continue
      this.#links.delete(link.peerId)
      return
    }
  }
}
