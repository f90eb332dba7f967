import type { Unsubscribe } from '@bzzz/base'

export type ProcessState = 'running' | 'frozen' | 'dead'

/**
 * Whether the code of one simulated process may run. Its clock, transport and disk share a gate:
 * while it is frozen (SIGSTOP) they keep what happens for later, and once it is dead (SIGKILL)
 * nothing of it ever happens, so that its promises stay open for ever, as those of a dead
 * process do.
 */
export class ProcessGate {
  #state: ProcessState = 'running'
  #parked: (() => void)[] = []
  readonly #listeners = new Set<(state: ProcessState) => void>()

  get state(): ProcessState {
    return this.#state
  }

  /** Runs now, when the process thaws, or never. */
  run(action: () => void): void {
    if (this.#state === 'running') action()
    else if (this.#state === 'frozen') this.#parked.push(action)
  }

  freeze(): void {
    if (this.#state === 'running') this.#enter('frozen')
  }

  thaw(): void {
    if (this.#state !== 'frozen') return
    const parked = this.#parked
    this.#parked = []
    this.#enter('running')
    for (const action of parked) action()
  }

  kill(): void {
    if (this.#state === 'dead') return
    this.#parked = []
    this.#enter('dead')
  }

  onChange(listener: (state: ProcessState) => void): Unsubscribe {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #enter(state: ProcessState): void {
    this.#state = state
    for (const listener of Array.from(this.#listeners)) listener(state)
  }
}
