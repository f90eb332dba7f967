import { Readable } from 'node:stream'
import {
  apiError,
  EVENT_STREAM_TYPE,
  formatEvent,
  HEARTBEAT,
  HEARTBEAT_MS,
  parseEventId,
  STREAM_HEAD,
  type StreamEvent,
} from '@bzzz/api'
import { Service, type Cancel, type Clock, type Unsubscribe } from '@bzzz/base'

/** What a stream sends. */
export interface EventSource {
  /** What came after an event. */
  since(lastEventId: string | undefined): readonly StreamEvent[]
  onEvent(listener: (event: StreamEvent) => void): Unsubscribe
}

/** Each costs a connection for as long as it lasts; operators and dashboards of one node are few. */
const LISTENERS_MAX = 32

/** Twice what the events kept take: a client that is further behind has stopped reading. */
const UNSENT_BYTES_MAX = 1024 * 1024

interface Listening {
  readonly stream: Readable
  readonly unsubscribe: Unsubscribe
}

/** The clients that listen, each with a bound on what waits for it. */
export class EventStreams extends Service {
  readonly #clock: Clock
  readonly #listening = new Set<Listening>()
  #cancelHeartbeat: Cancel | undefined

  constructor(clock: Clock) {
    super('the event streams')
    this.#clock = clock
  }

  static readonly type = EVENT_STREAM_TYPE

  get size(): number {
    return this.#listening.size
  }

  /** The body of one answer. Throws `API_STREAMS_FULL`. */
  open(source: EventSource, lastEventId: unknown): Readable {
    this.assertStarted()
    if (this.#listening.size >= LISTENERS_MAX)
      throw apiError('API_STREAMS_FULL', `${LISTENERS_MAX} clients listen already`)
    const stream = new Readable({ read: () => {} })
    const unsubscribe = source.onEvent((event) => {
      this.#send(listening, formatEvent(event))
    })
    const listening: Listening = { stream, unsubscribe }
    this.#listening.add(listening)
    // However it ends: the client left, fell behind, or the node stops.
    stream.on('close', () => {
      unsubscribe()
      this.#listening.delete(listening)
    })
    stream.on('error', () => {})
    this.#send(listening, STREAM_HEAD)
    for (const event of source.since(parseEventId(lastEventId)))
      this.#send(listening, formatEvent(event))
    return stream
  }

  protected async onStart(): Promise<void> {
    this.#beat()
  }

  /** Ends every stream, so that the server need not wait for its clients. */
  protected async onStop(): Promise<void> {
    this.#cancelHeartbeat?.()
    for (const { stream, unsubscribe } of this.#listening) {
      unsubscribe()
      stream.push(null)
    }
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.setTimer(() => {
      for (const listening of this.#listening) this.#send(listening, HEARTBEAT)
      this.#beat()
    }, HEARTBEAT_MS)
  }

  #send({ stream }: Listening, text: string): void {
    if (stream.destroyed || stream.readableEnded) return
    // Cut off rather than made to wait: it comes back with the id of what it saw last.
    if (stream.readableLength + Buffer.byteLength(text) > UNSENT_BYTES_MAX) stream.destroy()
    else stream.push(text)
  }
}
