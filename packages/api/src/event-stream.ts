import { fromUtf8 } from '@bzzz/base'
import { apiError } from './errors.js'

/** An event as it crosses the wire, by the rules of `text/event-stream`. */
export interface StreamEvent {
  /** What a client names to go on after this event. */
  readonly id: string
  readonly data: string
}

export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8'

/** Sent while nothing happens, so that both ends notice a connection that is gone. */
export const HEARTBEAT_MS = 15_000

/** A client that hears nothing for two heartbeats and some more connects again. */
export const SILENCE_MAX_MS = 40_000

/** A comment, which clients ignore. */
export const HEARTBEAT = ': still here\n\n'

/** A client that lost its connection comes back after this long. */
export const STREAM_HEAD = 'retry: 1000\n\n'

/** `id` has no line end; `data` is one line, as JSON is. */
export const formatEvent = ({ id, data }: StreamEvent): string => `id: ${id}\ndata: ${data}\n\n`

const isEventId = (text: string): boolean => /^[\w.-]{1,64}$/.test(text)

/** The id in a Last-Event-ID header; undefined for none, and for one that no coordinator made. */
export const parseEventId = (header: unknown): string | undefined =>
  typeof header === 'string' && isEventId(header) ? header : undefined

/** The longest event has a few hundred bytes; what sends more is no coordinator. */
const LINE_BYTES_MAX = 128 * 1024

const LINE_FEED = 10

/** Splits a stream of bytes into events. A line that never ends is `API_RESPONSE_INVALID`. */
export class EventParser {
  #line: Uint8Array[] = []
  #lineBytes = 0
  #id = ''
  #data: string[] = []
  #dataChars = 0

  /** The events that end within these bytes. */
  push(bytes: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = []
    let from = 0
    for (;;) {
      const to = bytes.indexOf(LINE_FEED, from)
      if (to < 0) break
      this.#keep(bytes.subarray(from, to))
      const event = this.#endLine()
      if (event !== undefined) events.push(event)
      from = to + 1
    }
    this.#keep(bytes.subarray(from))
    return events
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#lineBytes += piece.length
    if (this.#lineBytes > LINE_BYTES_MAX) throw tooLong()
    this.#line.push(piece.slice())
  }

  #endLine(): StreamEvent | undefined {
    const line = this.#takeLine()
    if (line === '') return this.#endEvent()
    const { name, value } = fieldOf(line)
    if (name === 'id' && isEventId(value)) this.#id = value
    if (name === 'data') {
      this.#dataChars += value.length
      if (this.#dataChars > LINE_BYTES_MAX) throw tooLong()
      this.#data.push(value)
    }
    return undefined
  }

  #endEvent(): StreamEvent | undefined {
    if (this.#data.length === 0) return undefined
    const event = { id: this.#id, data: this.#data.join('\n') }
    this.#data = []
    this.#dataChars = 0
    return event
  }

  #takeLine(): string {
    const bytes = new Uint8Array(this.#lineBytes)
    let at = 0
    for (const piece of this.#line) {
      bytes.set(piece, at)
      at += piece.length
    }
    this.#line = []
    this.#lineBytes = 0
    try {
      return fromUtf8(bytes).replace(/\r$/, '')
    } catch {
      throw apiError('API_RESPONSE_INVALID', 'the stream is not UTF-8')
    }
  }
}

const tooLong = () => apiError('API_RESPONSE_INVALID', 'an event of the stream never ends')

/** `name: value`; a comment has no name. */
const fieldOf = (line: string): { readonly name: string; readonly value: string } => {
  const at = line.indexOf(':')
  if (at < 0) return { name: line, value: '' }
  return { name: line.slice(0, at), value: line.slice(at + 1).replace(/^ /, '') }
}
