import type { RequestHandler, Unsubscribe } from '@bzzz/base'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { hostError } from './errors.js'
import { STREAMS_PER_PROTOCOL_MAX } from './limits.js'
import { AnswerStream } from './rpc/answer-stream.js'
import { openPort } from './rpc/stream-port.js'

export interface ServingOptions {
  /** Requests of one stream being served at once at most. */
  readonly servingMax: number
  readonly onViolation: (peerId: string, error: unknown) => void
}

/** The protocols that this node serves, registered with libp2p while it runs. */
export class Serving {
  readonly #options: ServingOptions
  readonly #handlers = new Map<string, RequestHandler>()
  readonly #streams = new Map<string, Set<AnswerStream>>()
  #node: Libp2p | undefined

  constructor(options: ServingOptions) {
    this.#options = options
  }

  /** Throws `PROTOCOL_HANDLED` when the protocol has a handler. */
  add(protocol: string, handler: RequestHandler): Unsubscribe {
    if (this.#handlers.has(protocol))
      throw hostError('PROTOCOL_HANDLED', `${protocol} has a handler already`)
    this.#handlers.set(protocol, handler)
    // Registered at once; the promise only tells of the note in the peer store.
    if (this.#node !== undefined) this.#register(this.#node, protocol, handler).catch(() => {})
    return () => {
      if (this.#handlers.get(protocol) === handler) this.#remove(protocol)
    }
  }

  async attach(node: Libp2p): Promise<void> {
    this.#node = node
    for (const [protocol, handler] of this.#handlers) await this.#register(node, protocol, handler)
  }

  /** The node is about to stop, and closes the streams by itself. */
  detach(): void {
    this.#node = undefined
    this.#streams.clear()
  }

  async #register(node: Libp2p, protocol: string, handler: RequestHandler): Promise<void> {
    const limits = {
      maxInboundStreams: STREAMS_PER_PROTOCOL_MAX,
      maxOutboundStreams: STREAMS_PER_PROTOCOL_MAX,
    }
    const onStream = (stream: Stream, connection: Connection): void => {
      this.#serve(protocol, handler, stream, connection.remotePeer.toString())
    }
    await node.handle(protocol, onStream, limits)
  }

  #remove(protocol: string): void {
    this.#handlers.delete(protocol)
    this.#node?.unhandle(protocol).catch(() => {})
    const streams = this.#streams.get(protocol)
    this.#streams.delete(protocol)
    for (const stream of streams ?? []) stream.abort(new Error(`${protocol} is served no more`))
  }

  #serve(protocol: string, handler: RequestHandler, stream: Stream, peerId: string): void {
    const streams = this.#streams.get(protocol) ?? new Set()
    this.#streams.set(protocol, streams)
    const answers = new AnswerStream({
      peerId,
      handler,
      servingMax: this.#options.servingMax,
      onViolation: (error) => {
        this.#options.onViolation(peerId, error)
      },
    })
    streams.add(answers)
    const port = openPort(stream, {
      onBytes: (bytes) => {
        answers.onBytes(bytes)
      },
      onDrain: () => {
        answers.onDrain()
      },
      onEnd: () => {
        answers.onEnd()
      },
      onClose: () => {
        streams.delete(answers)
        answers.onClose()
      },
    })
    answers.attach(port)
  }
}
