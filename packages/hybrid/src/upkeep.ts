import type { Cancel, Clock } from '@bzzz/base'
import type { Drain } from './drain.js'
import type { Switchable } from './hybrid.js'
import type { HybridState } from './state.js'

export interface UpkeepOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly drain: Drain<I>
  readonly clock: Clock
  readonly windowMs: number
  readonly onWindow: () => void
}

/** Keys that a round remembers, to send those that the next one finds still dirty. */
const REMEMBERED_MAX = 10_000

/**
 * What is done once a window while real is there: the counts of calls are judged, and what stayed
 * dirty for a whole window is sent again.
 */
export class Upkeep<I extends Switchable> {
  readonly #options: UpkeepOptions<I>
  readonly #over = new AbortController()
  #cancel: Cancel = () => {}
  #dirty: ReadonlySet<string> = new Set()
  #isSending = false

  constructor(options: UpkeepOptions<I>) {
    this.#options = options
  }

  start(): void {
    this.#again()
  }

  stop(): void {
    this.#over.abort()
    this.#cancel()
  }

  #again(): void {
    const { clock, windowMs } = this.#options
    this.#cancel = clock.setTimer(() => {
      this.#round()
      this.#again()
    }, windowMs)
  }

  #round(): void {
    const { state, onWindow } = this.#options
    onWindow()
    if (this.#isSending) return
    // Until then the way back to real sends all there is.
    if (state.phase !== 'real' || state.store.dirtyBytes === 0) {
      this.#dirty = new Set()
      return
    }
    const stale: string[] = []
    const dirty = new Set<string>()
    for (const key of state.store.dirtyKeys()) {
      if (dirty.size >= REMEMBERED_MAX) break
      dirty.add(key)
      if (this.#dirty.has(key)) stale.push(key)
    }
    this.#dirty = dirty
    if (stale.length > 0) void this.#send(stale)
  }

  async #send(keys: readonly string[]): Promise<void> {
    this.#isSending = true
    try {
      await this.#options.drain.runSome(this.#over.signal, keys)
    } catch {
      // The calls of others tell of an outage; the next round tries again.
    } finally {
      this.#isSending = false
    }
  }
}
