import { throwIfAborted, type AbortOptions } from './abort.js'
import { baseError } from './base-errors.js'

/** Anything with a lifetime. `start` and `stop` are idempotent; nothing starts in a constructor. */
export interface Startable extends AsyncDisposable {
  start(options?: AbortOptions): Promise<void>
  /** Waits for calls in flight. A stopped component is not started again; make a new one. */
  stop(): Promise<void>
}

type State = 'new' | 'starting' | 'started' | 'stopping' | 'stopped'

/** The lifecycle of one component: subclass it and fill in `onStart` and `onStop`. */
export abstract class Service implements Startable {
  #state: State = 'new'
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  readonly #name: string

  /** @param name how error messages call it */
  constructor(name: string) {
    this.#name = name
  }

  /** Acquires what the service needs. When it throws, it must have released everything. */
  protected abstract onStart(options: AbortOptions): Promise<void>
  protected abstract onStop(): Promise<void>

  get isStarted(): boolean {
    return this.#state === 'started'
  }

  /** Throws `NOT_STARTED` unless the service is running. */
  protected assertStarted(): void {
    if (this.#state === 'started') return
    throw baseError(
      'NOT_STARTED',
      `${this.#name} is ${this.#state === 'new' ? 'not started' : this.#state}`,
    )
  }

  start(options: AbortOptions = {}): Promise<void> {
    // Not the state: until stop() has seen a start in progress through, that still says otherwise.
    if (this.#stopping !== undefined)
      return Promise.reject(
        baseError('NOT_STARTED', `${this.#name} was stopped and cannot be started again`),
      )
    const starting = this.#starting ?? this.#start(options)
    // A start that failed before its first await leaves nothing to join.
    if (this.#state !== 'new') this.#starting = starting
    return starting
  }

  async #start(options: AbortOptions): Promise<void> {
    this.#state = 'starting'
    try {
      throwIfAborted(options.signal)
      await this.onStart(options)
      this.#state = 'started'
    } catch (error) {
      this.#state = 'new'
      this.#starting = undefined
      throw error
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    const wasStarted = this.#state === 'started'
    this.#state = 'stopping'
    try {
      if (wasStarted) await this.onStop()
    } finally {
      this.#state = 'stopped'
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Starts in order. When one fails, stops those that had started, in reverse, and rethrows. */
export const startAll = async (
  parts: readonly Startable[],
  options: AbortOptions = {},
): Promise<void> => {
  const started: Startable[] = []
  try {
    for (const part of parts) {
      await part.start(options)
      started.push(part)
    }
  } catch (error) {
    await stopAll(started).catch(() => {})
    throw error
  }
}

/** Stops in reverse order, all of them, whatever fails; then throws an AggregateError of failures. */
export const stopAll = async (parts: readonly Startable[]): Promise<void> => {
  const errors: unknown[] = []
  for (const part of parts.toReversed()) {
    try {
      await part.stop()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'some components failed to stop')
}
