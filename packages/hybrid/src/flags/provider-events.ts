import type { AnyProviderEvent, EventContext, EventHandler, Logger } from '@openfeature/core'
import type { ProviderEventEmitter } from '@openfeature/core'

/** What the SDK listens to. Its own emitter needs that of a platform; this one needs none. */
export class ProviderEventsHub implements ProviderEventEmitter<AnyProviderEvent> {
  readonly #handlers = new Map<AnyProviderEvent, EventHandler[]>()
  #logger: Logger | undefined

  emit(event: AnyProviderEvent, context?: EventContext): void {
    // The SDK adds the name of the provider before it hands the details on.
    const details = context as Parameters<EventHandler>[0]
    for (const handler of this.getHandlers(event)) void this.#call(handler, details)
  }

  addHandler(event: AnyProviderEvent, handler: EventHandler): void {
    this.#handlers.set(event, [...this.getHandlers(event), handler])
  }

  removeHandler(event: AnyProviderEvent, handler: EventHandler): void {
    this.#handlers.set(
      event,
      this.getHandlers(event).filter((each) => each !== handler),
    )
  }

  removeAllHandlers(event?: AnyProviderEvent): void {
    if (event === undefined) this.#handlers.clear()
    else this.#handlers.delete(event)
  }

  getHandlers(event: AnyProviderEvent): EventHandler[] {
    return this.#handlers.get(event) ?? []
  }

  setLogger(logger: Logger): this {
    this.#logger = logger
    return this
  }

  async #call(handler: EventHandler, details: Parameters<EventHandler>[0]): Promise<void> {
    try {
      await handler(details)
    } catch (error) {
      this.#logger?.error('a handler of a flag event failed', error)
    }
  }
}
