import { abortable, type AbortOptions } from '@bzzz/base'

/** Calls that get no answer, until they are let go. */
export class HeldCalls {
  readonly #held = new Set<(error: unknown) => void>()

  get size(): number {
    return this.#held.size
  }

  /** Settles when the call is let go, or its signal fires: with an error either way. */
  hold({ signal }: AbortOptions): Promise<never> {
    let own: ((error: unknown) => void) | undefined
    const held = new Promise<never>((_resolve, reject) => {
      own = reject
      this.#held.add(reject)
    })
    return abortable(held, signal).finally(() => {
      if (own !== undefined) this.#held.delete(own)
    })
  }

  /** Fails all of them, so that nothing waits for what never comes. */
  release(error: unknown): void {
    for (const reject of this.#held) reject(error)
    this.#held.clear()
  }
}
