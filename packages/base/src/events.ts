/** Ends a subscription. Calling it twice is fine. */
export type Unsubscribe = () => void

export type Listener<T> = (event: T) => void

/** Typed events: `Emitter<{ 'peer-found': Peer }>`. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()
  readonly #onListenerError: (error: unknown, event: keyof Events) => void

  /** @param onListenerError where a listener's exception or rejection goes; it never reaches the emitter's caller */
  constructor(onListenerError: (error: unknown, event: keyof Events) => void) {
    this.#onListenerError = onListenerError
  }

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): Unsubscribe {
    // A wrapper of its own, so that one function subscribed twice is two subscriptions.
    const entry: Listener<Events[K]> = (event) => {
      // An async function is a Listener to the type checker; its rejection must not be lost.
      const outcome: unknown = (listener as (event: Events[K]) => unknown)(event)
      if (outcome instanceof Promise)
        outcome.catch((error: unknown) => {
          this.#onListenerError(error, name)
        })
    }
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set)
    set.add(entry)
    return () => {
      set.delete(entry)
    }
  }

  /** Calls those that were subscribed when the call began, in the order of their subscription. */
  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    const set = this.#listeners.get(name)
    if (set === undefined || set.size === 0) return
    for (const listener of Array.from(set)) {
      if (!set.has(listener)) continue // unsubscribed by a listener before it
      try {
        ;(listener as Listener<Events[K]>)(event)
      } catch (error) {
        this.#onListenerError(error, name)
      }
    }
  }

  listenerCount(name: keyof Events): number {
    return this.#listeners.get(name)?.size ?? 0
  }

  clear(): void {
    for (const set of this.#listeners.values()) set.clear()
    this.#listeners.clear()
  }
}
