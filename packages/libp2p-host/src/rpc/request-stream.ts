import {
  abortError,
  baseError,
  codeOf,
  messageOf,
  type BzzzError,
  type Deadlines,
  type Expiring,
} from '@bzzz/base'
import { hostError } from '../errors.js'
import { Assembler, type Message } from './assembler.js'
import { ANSWER, FAILURE, REQUEST } from './frame.js'
import { FrameDecoder } from './frame-decoder.js'
import { FrameWriter, type Outgoing } from './frame-writer.js'
import type { StreamPort } from './stream-port.js'
import { decodeError } from './wire-error.js'

export interface RequestStreamOptions {
  readonly peerId: string
  readonly deadlines: Deadlines
  /** Called for every answer, success or failure: the peer is alive. */
  readonly onAnswer: () => void
  /** Called when something left the queue. */
  readonly onProgress?: (() => void) | undefined
}

interface Pending extends Expiring {
  readonly outgoing: Outgoing
  readonly resolve: (payload: Uint8Array) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
  readonly onAbort: (() => void) | undefined
}

const ID_MAX = 0xffff_ffff

/**
 * The asking side of one long-lived stream. Requests queue until a stream is attached; when that
 * stream fails, all of them fail, and this object is of no further use.
 */
export class RequestStream {
  readonly #options: RequestStreamOptions
  readonly #decoder = new FrameDecoder()
  readonly #assembler = new Assembler()
  readonly #writer: FrameWriter
  readonly #pending = new Map<number, Pending>()
  #port: StreamPort | undefined
  #lastId = 0
  #failure: unknown

  constructor(options: RequestStreamOptions) {
    this.#options = options
    this.#writer = new FrameWriter(options.onProgress)
  }

  get isFailed(): boolean {
    return this.#failure !== undefined
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes
  }

  /** Requests that wait for an answer. */
  get inFlight(): number {
    return this.#pending.size
  }

  /** Starts sending. Events of the port are to be handed to `onBytes`, `onDrain` and `fail`. */
  attach(port: StreamPort): void {
    this.#port = port
    if (this.#failure !== undefined) {
      port.abort(asError(this.#failure))
      return
    }
    this.#writer.attach((batch) => this.#send(port, batch))
  }

  request(
    payload: Uint8Array,
    deadlineAtMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const id = this.#nextId()
      const outgoing = this.#writer.enqueue(REQUEST, id, payload)
      const onAbort = signal === undefined ? undefined : () => this.#give(id, abortError(signal))
      const expire = (): void => {
        this.#give(id, timeoutError(this.#options.peerId))
      }
      const pending = { outgoing, resolve, reject, signal, onAbort, deadlineAtMs, expire }
      this.#pending.set(id, pending)
      this.#options.deadlines.watch(pending)
      if (onAbort !== undefined) signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return
    try {
      this.#decoder.push(bytes)
      for (let frame = this.#decoder.next(); frame !== undefined; frame = this.#decoder.next()) {
        const message = this.#assembler.accept(frame)
        if (message !== undefined) this.#settle(message)
      }
    } catch (error) {
      this.fail(codeOf(error) === 'FRAME_INVALID' ? error : badBytes(error))
    }
  }

  onDrain(): void {
    this.#writer.resume()
  }

  /** Rejects everything in flight with the error, and resets the stream. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#port?.abort(asError(error))
    const pending = Array.from(this.#pending.values())
    this.#pending.clear()
    for (const entry of pending) {
      this.#release(entry)
      entry.reject(error)
    }
  }

  #send(port: StreamPort, batch: Uint8Array): boolean {
    try {
      return port.send(batch)
    } catch (cause) {
      this.fail(
        hostError('PEER_UNREACHABLE', `the stream to ${this.#options.peerId} failed`, { cause }),
      )
      return false
    }
  }

  #settle({ kind, id, payload }: Message): void {
    if (kind !== ANSWER && kind !== FAILURE)
      throw hostError('FRAME_INVALID', 'a request came on a stream for answers')
    this.#options.onAnswer()
    const entry = this.#pending.get(id)
    // Its caller gave up before the answer came.
    if (entry === undefined) return
    const error = kind === FAILURE ? decodeError(payload, this.#options.peerId) : undefined
    this.#pending.delete(id)
    this.#release(entry)
    if (error === undefined) entry.resolve(payload)
    else entry.reject(error)
  }

  /** Gives up on one request. */
  #give(id: number, error: BzzzError): void {
    const entry = this.#pending.get(id)
    if (entry === undefined) return
    this.#pending.delete(id)
    this.#release(entry)
    this.#writer.cancel(entry.outgoing)
    entry.reject(error)
  }

  #release(entry: Pending): void {
    this.#options.deadlines.forget(entry)
    if (entry.onAbort !== undefined) entry.signal?.removeEventListener('abort', entry.onAbort)
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === ID_MAX ? 1 : this.#lastId + 1
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }
}

const timeoutError = (peerId: string): BzzzError =>
  baseError('TIMEOUT', `no answer from ${peerId} within the deadline`)

const badBytes = (cause: unknown): BzzzError =>
  hostError('FRAME_INVALID', `a failure cannot be read: ${messageOf(cause)}`, { cause })

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error))
