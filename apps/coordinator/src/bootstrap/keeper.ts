import {
  isAbort,
  messageOf,
  Service,
  type Cancel,
  type Clock,
  type PeerStatus,
  type Random,
  type Unsubscribe,
} from '@bzzz/base'
import type { BootstrapNode } from '@bzzz/config'
import { contact, type ContactMeans } from './contact.js'
import { formatEntry } from './entry.js'
import { retryDelayMs } from './retry.js'

/** One try, dial and probe together. */
const TRY_TIMEOUT_MS = 5_000

/** How a bootstrap entry fares. */
export interface BootstrapStatus {
  readonly entry: string
  readonly state: 'connected' | 'trying' | 'failing' | 'self'
  readonly peerId?: string | undefined
  /** Failures in a row. */
  readonly failures: number
  /** Why the last try failed. */
  readonly problem?: string | undefined
}

export interface BootstrapKeeperOptions {
  readonly entries: readonly BootstrapNode[]
  readonly means: ContactMeans
  readonly peers: () => readonly PeerStatus[]
  readonly onPeerChange: (listener: (peer: PeerStatus) => void) => Unsubscribe
  readonly clock: Clock
  readonly random: Random
}

interface Slot {
  readonly entry: BootstrapNode
  peerId: string | undefined
  failures: number
  problem: string | undefined
  isTrying: boolean
  cancelRetry: Cancel | undefined
}

/** Keeps trying every bootstrap entry in the background until it is connected, and again when it is lost. */
export class BootstrapKeeper extends Service {
  readonly #options: BootstrapKeeperOptions
  readonly #slots: readonly Slot[]
  readonly #ending = new AbortController()
  readonly #tries = new Set<Promise<void>>()
  #unsubscribe: Unsubscribe | undefined

  constructor(options: BootstrapKeeperOptions) {
    super('the bootstrap keeper')
    this.#options = options
    this.#slots = options.entries.map((entry) => ({
      entry,
      peerId: undefined,
      failures: 0,
      problem: undefined,
      isTrying: false,
      cancelRetry: undefined,
    }))
  }

  status(): readonly BootstrapStatus[] {
    return this.#slots.map((slot) => ({
      entry: formatEntry(slot.entry),
      state: this.#stateOf(slot),
      peerId: slot.peerId,
      failures: slot.failures,
      problem: slot.problem,
    }))
  }

  /** True when an entry names, or may name, another node. */
  expectsOthers(): boolean {
    return this.#slots.some((slot) => this.#stateOf(slot) !== 'self')
  }

  /** Does not wait for the first contact: a start must not fail because another node is away. */
  protected async onStart(): Promise<void> {
    this.#unsubscribe = this.#options.onPeerChange((peer) => {
      if (peer.state !== 'disconnected') return
      for (const slot of this.#slots) if (slot.peerId === peer.peerId) this.#retry(slot)
    })
    for (const slot of this.#slots) this.#begin(slot)
  }

  protected async onStop(): Promise<void> {
    this.#unsubscribe?.()
    for (const slot of this.#slots) slot.cancelRetry?.()
    this.#ending.abort()
    await Promise.all(this.#tries)
  }

  #stateOf(slot: Slot): BootstrapStatus['state'] {
    if (slot.peerId === this.#options.means.selfId) return 'self'
    if (this.#isConnected(slot)) return 'connected'
    return slot.failures > 0 ? 'failing' : 'trying'
  }

  #isConnected(slot: Slot): boolean {
    return this.#options
      .peers()
      .some((peer) => peer.peerId === slot.peerId && peer.state !== 'disconnected')
  }

  #retry(slot: Slot): void {
    if (slot.isTrying || slot.cancelRetry !== undefined || this.#ending.signal.aborted) return
    slot.cancelRetry = this.#options.clock.setTimer(
      () => {
        slot.cancelRetry = undefined
        this.#begin(slot)
      },
      retryDelayMs(Math.max(1, slot.failures), this.#options.random),
    )
  }

  #begin(slot: Slot): void {
    slot.isTrying = true
    const attempt = this.#try(slot).finally(() => {
      slot.isTrying = false
      this.#tries.delete(attempt)
      // Not reached, or lost again before its id was known here.
      const state = this.#stateOf(slot)
      if (state === 'failing' || state === 'trying') this.#retry(slot)
    })
    this.#tries.add(attempt)
  }

  async #try(slot: Slot): Promise<void> {
    if (slot.peerId !== undefined && this.#isConnected(slot)) return
    const timeout = new AbortController()
    const cancel = this.#options.clock.setTimer(() => {
      timeout.abort()
    }, TRY_TIMEOUT_MS)
    try {
      const signal = AbortSignal.any([this.#ending.signal, timeout.signal])
      slot.peerId = await contact(slot.entry, this.#options.means, signal)
      slot.failures = 0
      slot.problem = undefined
    } catch (error) {
      slot.failures += 1
      slot.problem = isAbort(error) ? `no answer within ${TRY_TIMEOUT_MS} ms` : messageOf(error)
    } finally {
      cancel()
    }
  }
}
