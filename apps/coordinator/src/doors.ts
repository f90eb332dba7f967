import { Service } from '@bzzz/base'
import { coordinatorError } from './errors.js'

export type Phase = 'starting' | 'serving' | 'stopping'

/** Opens and closes a node to its clients: the last part to start and the first to stop. */
export class Doors extends Service {
  #phase: Phase = 'starting'
  readonly #closeHttp: () => Promise<void>

  /** @param closeHttp stops listening once what is in flight has been answered */
  constructor(closeHttp: () => Promise<void>) {
    super('the coordinator')
    this.#closeHttp = closeHttp
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Throws `COORDINATOR_STARTING` or `COORDINATOR_STOPPING`. */
  assertServing(): void {
    if (this.#phase === 'serving') return
    throw coordinatorError(
      this.#phase === 'starting' ? 'COORDINATOR_STARTING' : 'COORDINATOR_STOPPING',
      `the coordinator is ${this.#phase}`,
    )
  }

  protected async onStart(): Promise<void> {
    this.#phase = 'serving'
  }

  /** While this runs, everything that an answer needs still runs as well. */
  protected async onStop(): Promise<void> {
    this.#phase = 'stopping'
    await this.#closeHttp()
  }
}
