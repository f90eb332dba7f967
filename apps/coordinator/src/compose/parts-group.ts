import { Service, startAll, stopAll, type AbortOptions, type Startable } from '@bzzz/base'

export interface PartsGroupOptions {
  /** How error messages call it. */
  readonly name: string
  /** In the order in which they start. */
  readonly parts: readonly Startable[]
  readonly onStarted: () => void
  /** One of them did not start, and none runs. */
  readonly onFailed: (error: unknown) => void
  /** Before the first of them stops. */
  readonly onStopping: () => void
}

/** Parts that live and end together: when one fails to start, none is left running. */
export class PartsGroup extends Service {
  readonly #options: PartsGroupOptions

  constructor(options: PartsGroupOptions) {
    super(options.name)
    this.#options = options
  }

  protected async onStart(options: AbortOptions): Promise<void> {
    try {
      await startAll(this.#options.parts, options)
    } catch (error) {
      this.#options.onFailed(error)
      throw error
    }
    this.#options.onStarted()
  }

  protected onStop(): Promise<void> {
    this.#options.onStopping()
    return stopAll(this.#options.parts)
  }
}
