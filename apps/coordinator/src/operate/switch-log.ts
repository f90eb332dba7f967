import { encodeItem, type ItemOf, type StreamEvent } from '@bzzz/api'
import { Emitter, type Clock, type Unsubscribe } from '@bzzz/base'

export type SwitchItem = ItemOf<'switches'>

export interface SwitchLogOptions {
  readonly clock: Clock
  /** Names this run of the node in the ids of its events, so that one of an earlier run is known as such. */
  readonly runId: string
  readonly onListenerError: (error: unknown) => void
}

/** Some hundred bytes each: whoever was away for a thousand switches gets the state instead. */
export const EVENTS_KEPT_MAX = 1_000

/** What happened to the sides of the components: the newest events, and those who listen. */
export class SwitchLog {
  readonly #options: SwitchLogOptions
  readonly #events: Emitter<{ event: StreamEvent }>
  readonly #kept: StreamEvent[] = []
  /** Events so far; the newest has this number. */
  #count = 0

  constructor(options: SwitchLogOptions) {
    this.#options = options
    this.#events = new Emitter(options.onListenerError)
  }

  add(item: SwitchItem): void {
    this.#count += 1
    const event = { id: this.#idOf(this.#count), data: encodeItem('switches', item) }
    this.#kept.push(event)
    if (this.#kept.length > EVENTS_KEPT_MAX) this.#kept.shift()
    this.#events.emit('event', event)
  }

  /** Calls back with every event from now on. */
  onEvent(listener: (event: StreamEvent) => void): Unsubscribe {
    return this.#events.on('event', listener)
  }

  /**
   * What came after an event, oldest first. Where some of that is not kept any more, an event that
   * says so comes first. Without an id: nothing.
   */
  since(lastEventId: string | undefined): readonly StreamEvent[] {
    if (lastEventId === undefined) return []
    const [run, count] = splitId(lastEventId)
    const firstKept = this.#count - this.#kept.length + 1
    if (run !== this.#options.runId || count > this.#count)
      return [this.#missed('the node was started again', firstKept - 1), ...this.#kept]
    if (count + 1 < firstKept)
      return [this.#missed(`${firstKept - count - 1} events`, firstKept - 1), ...this.#kept]
    return this.#kept.slice(count + 1 - firstKept)
  }

  #missed(reason: string, before: number): StreamEvent {
    const at = new Date(this.#options.clock.nowMs()).toISOString()
    return { id: this.#idOf(before), data: encodeItem('switches', { kind: 'missed', reason, at }) }
  }

  #idOf(count: number): string {
    return `${this.#options.runId}.${count}`
  }
}

const splitId = (id: string): readonly [run: string, count: number] => {
  const at = id.lastIndexOf('.')
  const count = Number(id.slice(at + 1))
  return at < 0 || !Number.isSafeInteger(count) || count < 0 ? ['', 0] : [id.slice(0, at), count]
}
