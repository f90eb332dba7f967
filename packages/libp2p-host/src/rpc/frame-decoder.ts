import { concatBytes } from '@bzzz/base'
import { HEADER_BYTES, readFrame, readLength, type Frame } from './frame.js'

/** Pieces kept apart before they are joined: bounds the overhead of a peer that sends single bytes. */
const PIECES_MAX = 64

/**
 * Cuts a byte stream into frames. It holds no more than what arrived, and refuses a length over
 * the limit before it waits for the bytes.
 */
export class FrameDecoder {
  #pieces: Uint8Array[] = []
  #bytes = 0

  /** Bytes that arrived and are not yet taken. */
  get bufferedBytes(): number {
    return this.#bytes
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#pieces.length > PIECES_MAX) this.#join()
  }

  /** The next complete frame. Throws `FRAME_INVALID`; the stream is of no use after that. */
  next(): Frame | undefined {
    if (this.#bytes < HEADER_BYTES) return undefined
    const total = HEADER_BYTES + readLength(this.#front(HEADER_BYTES))
    if (this.#bytes < total) return undefined
    const front = this.#front(total)
    this.#drop(front, total)
    return readFrame(front.subarray(0, total))
  }

  #front(wanted: number): Uint8Array {
    const first = this.#pieces[0]
    if (first !== undefined && first.length >= wanted) return first
    return this.#join()
  }

  #join(): Uint8Array {
    const joined = concatBytes(this.#pieces)
    this.#pieces = [joined]
    return joined
  }

  #drop(front: Uint8Array, bytes: number): void {
    if (front.length === bytes) this.#pieces.shift()
    else this.#pieces[0] = front.subarray(bytes)
    this.#bytes -= bytes
  }
}
