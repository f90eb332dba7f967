import type { Cancel, Clock } from '@bzzz/base'

interface Held {
  readonly token: string
  readonly cancelExpiry: Cancel
  readonly waiting: (() => void)[]
}

/**
 * Locks on single keys at one replica, for the time between the check of a condition and the
 * write that depends on it. A lease ends them when their holder is gone.
 */
export class KeyLocks {
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when the lock is the token's now. A token that has it already keeps its first lease. */
  acquire(key: string, token: string, leaseMs: number): boolean {
    const held = this.#held.get(key)
    if (held !== undefined) return held.token === token
    const cancelExpiry = this.#clock.setTimer(() => {
      this.release(key, token)
    }, leaseMs)
    this.#held.set(key, { token, cancelExpiry, waiting: [] })
    return true
  }

  release(key: string, token: string): void {
    const held = this.#held.get(key)
    if (held === undefined || held.token !== token) return
    this.#held.delete(key)
    held.cancelExpiry()
    for (const resume of held.waiting) resume()
  }

  holderOf(key: string): string | undefined {
    return this.#held.get(key)?.token
  }

  /** By anybody, or by this token. */
  isHeld(key: string, token?: string): boolean {
    const held = this.#held.get(key)
    return held !== undefined && (token === undefined || held.token === token)
  }

  /** Resolves when nobody but the token holds the key. */
  async whenFree(key: string, token?: string): Promise<void> {
    for (;;) {
      const held = this.#held.get(key)
      if (held === undefined || held.token === token) return
      await new Promise<void>((resolve) => {
        held.waiting.push(resolve)
      })
    }
  }
}
