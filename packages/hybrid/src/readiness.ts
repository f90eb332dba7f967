import type { Cancel, Clock } from '@bzzz/base'
import type { Phase } from './events.js'

/** A flip to `real` waits so long for real to serve, milliseconds. */
const SERVING_TIMEOUT_MS = 30_000

/** A flip to `hybrid` or `shadow` waits so long for the first try to end, milliseconds. */
const SETTLED_TIMEOUT_MS = 5_000

interface Waiter {
  readonly isOver: () => boolean
  readonly end: () => void
}

/** Lets a change of mode wait for the real side. */
export class Readiness {
  readonly #clock: Clock
  readonly #phase: () => Phase
  readonly #hasQuorum: () => boolean
  readonly #waiters = new Set<Waiter>()
  #failures = 0
  /** Why real did not serve when it was last tried. */
  reason = 'it was not tried yet'

  constructor(clock: Clock, phase: () => Phase, hasQuorum: () => boolean) {
    this.#clock = clock
    this.#phase = phase
    this.#hasQuorum = hasQuorum
  }

  /** The phase changed. */
  changed(): void {
    for (const waiter of Array.from(this.#waiters)) if (waiter.isOver()) waiter.end()
  }

  /** A try to make real serve ended without success. */
  failed(reason: string): void {
    this.reason = reason
    this.#failures++
    this.changed()
  }

  /** Resolves with whether real serves, after at most 30 s. */
  async whenServing(): Promise<boolean> {
    await this.#until(() => this.#phase() === 'real', SERVING_TIMEOUT_MS)
    return this.#phase() === 'real'
  }

  /** Resolves when real serves, or could not be brought to serve yet. */
  whenSettled(): Promise<void> {
    const before = this.#failures
    return this.#until(
      () =>
        this.#phase() === 'real' ||
        this.#failures > before ||
        (this.#phase() === 'local' && !this.#hasQuorum()),
      SETTLED_TIMEOUT_MS,
    )
  }

  /** Nobody is left waiting. */
  stop(): void {
    for (const waiter of Array.from(this.#waiters)) waiter.end()
  }

  #until(isOver: () => boolean, timeoutMs: number): Promise<void> {
    if (isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      let cancel: Cancel | undefined
      const waiter: Waiter = {
        isOver,
        end: () => {
          cancel?.()
          this.#waiters.delete(waiter)
          resolve()
        },
      }
      this.#waiters.add(waiter)
      cancel = this.#clock.setTimer(waiter.end, timeoutMs)
    })
  }
}
