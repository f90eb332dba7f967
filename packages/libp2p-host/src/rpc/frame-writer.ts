import { BATCH_BYTES, FRAGMENT_BYTES } from '../limits.js'
import { HEADER_BYTES, writeFrame, type FrameKind } from './frame.js'

/** One message on its way out. */
export interface Outgoing {
  readonly kind: FrameKind
  readonly id: number
  readonly payload: Uint8Array
  /** Bytes already handed over, of a message that travels in fragments. */
  sentBytes: number
  isCancelled: boolean
}

/** Takes a batch of frames; false when it wants no more until `resume` is called. */
export type SendBatch = (batch: Uint8Array) => boolean

/**
 * Queue of outgoing messages. What is queued in one tick leaves in one batch; a large message
 * leaves one fragment at a time, with the small ones that queue meanwhile in between.
 */
export class FrameWriter {
  #send: SendBatch | undefined
  #small: Outgoing[] = []
  #large: Outgoing[] = []
  #isScheduled = false
  #isFlushing = false
  #canSend = true
  #queuedBytes = 0
  readonly #onProgress: (() => void) | undefined

  /** @param onProgress called after bytes left the queue */
  constructor(onProgress?: () => void) {
    this.#onProgress = onProgress
  }

  /** Bytes of messages not yet handed over, their headers included. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Where batches go, from now on. Until then everything queues. */
  attach(send: SendBatch): void {
    this.#send = send
    this.resume()
  }

  enqueue(kind: FrameKind, id: number, payload: Uint8Array): Outgoing {
    const outgoing = { kind, id, payload, sentBytes: 0, isCancelled: false }
    if (payload.length > FRAGMENT_BYTES) this.#large.push(outgoing)
    else this.#small.push(outgoing)
    this.#queuedBytes += HEADER_BYTES + payload.length
    this.#schedule()
    return outgoing
  }

  /** Takes back a message of which nothing was sent. */
  cancel(outgoing: Outgoing): void {
    if (outgoing.isCancelled || outgoing.sentBytes > 0) return
    const queue = outgoing.payload.length > FRAGMENT_BYTES ? this.#large : this.#small
    const at = queue.indexOf(outgoing)
    if (at === -1) return
    queue.splice(at, 1)
    outgoing.isCancelled = true
    this.#queuedBytes -= HEADER_BYTES + outgoing.payload.length
  }

  /** The sink can take more. */
  resume(): void {
    this.#canSend = true
    if (!this.#isFlushing) this.#flush()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#send === undefined || !this.#canSend) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isFlushing) this.#flush()
    })
  }

  #flush(): void {
    const send = this.#send
    if (send === undefined) return
    const before = this.#queuedBytes
    this.#isFlushing = true
    while (this.#canSend && this.#small.length + this.#large.length > 0) {
      const batch = this.#takeBatch()
      // Cleared first: a sink may call resume() before it returns.
      this.#canSend = false
      if (send(batch)) this.#canSend = true
    }
    this.#isFlushing = false
    if (this.#queuedBytes < before) this.#onProgress?.()
  }

  #takeBatch(): Uint8Array {
    const large = this.#large[0]
    const small = this.#takeSmall(large === undefined ? BATCH_BYTES : BATCH_BYTES - FRAGMENT_BYTES)
    let length = 0
    for (const { payload } of small) length += HEADER_BYTES + payload.length
    const fragmentBytes = large === undefined ? 0 : fragmentLength(large)
    if (large !== undefined) length += HEADER_BYTES + fragmentBytes
    const batch = new Uint8Array(length)
    let offset = 0
    for (const { kind, id, payload } of small) {
      offset = writeFrame(batch, offset, { kind, id, payload, hasMore: false })
      this.#queuedBytes -= HEADER_BYTES + payload.length
    }
    if (large !== undefined) this.#writeFragment(batch, offset, large, fragmentBytes)
    return batch
  }

  /** At least one message, so that none waits for ever; more while they fit. */
  #takeSmall(room: number): Outgoing[] {
    let count = 0
    let bytes = 0
    for (const { payload } of this.#small) {
      bytes += HEADER_BYTES + payload.length
      if (count > 0 && bytes > room) break
      count++
    }
    return this.#small.splice(0, count)
  }

  #writeFragment(batch: Uint8Array, offset: number, large: Outgoing, length: number): void {
    const end = large.sentBytes + length
    const hasMore = end < large.payload.length
    const payload = large.payload.subarray(large.sentBytes, end)
    writeFrame(batch, offset, { kind: large.kind, id: large.id, payload, hasMore })
    large.sentBytes = end
    this.#queuedBytes -= length
    if (hasMore) return
    this.#queuedBytes -= HEADER_BYTES
    this.#large.shift()
  }
}

const fragmentLength = (large: Outgoing): number =>
  Math.min(FRAGMENT_BYTES, large.payload.length - large.sentBytes)
