import { concatBytes } from '@bzzz/base'
import { hostError } from '../errors.js'
import { MESSAGE_BYTES_MAX } from '../limits.js'
import type { Frame, FrameKind } from './frame.js'

export interface Message {
  readonly kind: FrameKind
  readonly id: number
  readonly payload: Uint8Array
}

interface Partial {
  readonly kind: FrameKind
  readonly id: number
  readonly fragments: Uint8Array[]
  bytes: number
}

/**
 * Joins fragments to messages. A sender fragments one message at a time, with whole messages in
 * between, so that a stream never holds more than one partial message.
 */
export class Assembler {
  #partial: Partial | undefined

  /** Bytes of the message that is not yet complete. */
  get partialBytes(): number {
    return this.#partial?.bytes ?? 0
  }

  /** The message that the frame completes. Throws `FRAME_INVALID`. */
  accept(frame: Frame): Message | undefined {
    const { kind, id, payload, hasMore } = frame
    const partial = this.#partial
    if (partial?.id === id && partial.kind === kind) return this.#append(partial, frame)
    if (!hasMore) return { kind, id, payload }
    if (partial !== undefined)
      throw hostError('FRAME_INVALID', 'a second message is fragmented before the first one ended')
    this.#partial = { kind, id, fragments: [payload], bytes: payload.length }
    return undefined
  }

  #append(partial: Partial, frame: Frame): Message | undefined {
    partial.bytes += frame.payload.length
    if (partial.bytes > MESSAGE_BYTES_MAX)
      throw hostError('FRAME_INVALID', `a message of over ${MESSAGE_BYTES_MAX} bytes`)
    partial.fragments.push(frame.payload)
    if (frame.hasMore) return undefined
    this.#partial = undefined
    return { kind: partial.kind, id: partial.id, payload: concatBytes(partial.fragments) }
  }
}
