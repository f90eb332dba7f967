import type { RequestHandler } from '@bzzz/base'
import { hostError } from '../errors.js'
import { MESSAGE_BYTES_MAX, SERVING_BYTES_MAX } from '../limits.js'
import { Assembler, type Message } from './assembler.js'
import { ANSWER, FAILURE, REQUEST } from './frame.js'
import { FrameDecoder } from './frame-decoder.js'
import { FrameWriter } from './frame-writer.js'
import type { StreamPort } from './stream-port.js'
import { encodeError } from './wire-error.js'

export interface AnswerStreamOptions {
  readonly peerId: string
  readonly handler: RequestHandler
  /** Requests being served at once at most. */
  readonly servingMax: number
  /** Called when the peer broke the protocol. */
  readonly onViolation: (error: unknown) => void
}

/**
 * The serving side of one stream. While too much is being served, or the peer does not take its
 * answers, nothing more is read: the peer's window closes and its own queue tells it.
 */
export class AnswerStream {
  readonly #options: AnswerStreamOptions
  readonly #decoder = new FrameDecoder()
  readonly #assembler = new Assembler()
  readonly #writer: FrameWriter
  #port: StreamPort | undefined
  #serving = 0
  #servingBytes = 0
  #isPaused = false
  #isPumping = false
  #isEnded = false
  #isClosed = false

  constructor(options: AnswerStreamOptions) {
    this.#options = options
    this.#writer = new FrameWriter(() => {
      this.#pump()
    })
  }

  /** Requests being served. */
  get serving(): number {
    return this.#serving
  }

  attach(port: StreamPort): void {
    this.#port = port
    this.#writer.attach((batch) => this.#send(port, batch))
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#decoder.push(bytes)
    this.#pump()
  }

  onDrain(): void {
    this.#writer.resume()
  }

  /** The peer will ask nothing more: what is being served is still answered. */
  onEnd(): void {
    this.#isEnded = true
    this.#closeWhenDone()
  }

  onClose(): void {
    this.#isClosed = true
  }

  /** Drops everything; answers under way are not sent. */
  abort(error: Error): void {
    this.#isClosed = true
    this.#port?.abort(error)
  }

  get #hasRoom(): boolean {
    return (
      this.#serving < this.#options.servingMax &&
      this.#servingBytes + this.#writer.queuedBytes < SERVING_BYTES_MAX
    )
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return
    this.#isPumping = true
    try {
      while (!this.#isClosed && this.#hasRoom) {
        const frame = this.#decoder.next()
        if (frame === undefined) break
        const message = this.#assembler.accept(frame)
        if (message !== undefined) this.#serve(message)
      }
    } catch (error) {
      this.#options.onViolation(error)
      this.abort(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#isPumping = false
    }
    this.#setPaused(!this.#hasRoom)
    this.#closeWhenDone()
  }

  #setPaused(isPaused: boolean): void {
    if (this.#isClosed || this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#port?.pause()
    else this.#port?.resume()
  }

  #serve({ kind, id, payload }: Message): void {
    if (kind !== REQUEST)
      throw hostError('FRAME_INVALID', 'an answer came on a stream for requests')
    let outcome: Uint8Array | Promise<Uint8Array>
    try {
      outcome = this.#options.handler(payload, this.#options.peerId)
    } catch (error) {
      this.#fail(id, error)
      return
    }
    if (outcome instanceof Uint8Array) this.#answer(id, outcome)
    else void this.#await(id, outcome, payload.length)
  }

  async #await(id: number, outcome: Promise<Uint8Array>, bytes: number): Promise<void> {
    this.#serving++
    this.#servingBytes += bytes
    try {
      this.#answer(id, await outcome)
    } catch (error) {
      this.#fail(id, error)
    } finally {
      this.#serving--
      this.#servingBytes -= bytes
      this.#pump()
    }
  }

  #answer(id: number, payload: Uint8Array): void {
    if (this.#isClosed) return
    if (payload.length > MESSAGE_BYTES_MAX) {
      const message = `an answer of ${payload.length} bytes; at most ${MESSAGE_BYTES_MAX}`
      this.#fail(id, hostError('REQUEST_TOO_LARGE', message))
      return
    }
    this.#writer.enqueue(ANSWER, id, payload)
  }

  #fail(id: number, error: unknown): void {
    if (!this.#isClosed) this.#writer.enqueue(FAILURE, id, encodeError(error))
  }

  #send(port: StreamPort, batch: Uint8Array): boolean {
    try {
      return port.send(batch)
    } catch {
      // The stream closed under us; its close event follows.
      this.#isClosed = true
      return false
    }
  }

  #closeWhenDone(): void {
    if (!this.#isEnded || this.#isClosed) return
    if (this.#serving > 0 || this.#writer.queuedBytes > 0) return
    this.#isClosed = true
    this.#port?.close()
  }
}
