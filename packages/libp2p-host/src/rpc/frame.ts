import { hostError } from '../errors.js'
import { FRAGMENT_BYTES } from '../limits.js'

/**
 * One frame: payload length (4 bytes, big-endian), kind (1), request id (4), payload. The top bit of
 * the kind says that more fragments of the same message follow.
 */
export const HEADER_BYTES = 9

export const REQUEST = 1
export const ANSWER = 2
export const FAILURE = 3
const MORE = 0x80

export type FrameKind = typeof REQUEST | typeof ANSWER | typeof FAILURE

export interface Frame {
  readonly kind: FrameKind
  /** True unless this is the last fragment of its message. */
  readonly hasMore: boolean
  readonly id: number
  /** A view into the received bytes. */
  readonly payload: Uint8Array
}

const isKind = (value: number): value is FrameKind =>
  value === REQUEST || value === ANSWER || value === FAILURE

/** Writes one frame at `offset`, which must have room; returns the offset behind it. */
export const writeFrame = (target: Uint8Array, offset: number, frame: Frame): number => {
  const { length } = frame.payload
  writeU32(target, offset, length)
  target[offset + 4] = frame.kind | (frame.hasMore ? MORE : 0)
  writeU32(target, offset + 5, frame.id)
  target.set(frame.payload, offset + HEADER_BYTES)
  return offset + HEADER_BYTES + length
}

/** The payload length that a header announces. Throws `FRAME_INVALID` when it is over the limit. */
export const readLength = (header: Uint8Array): number => {
  const length = readU32(header, 0)
  if (length > FRAGMENT_BYTES)
    throw hostError('FRAME_INVALID', `a frame of ${length} bytes; at most ${FRAGMENT_BYTES}`)
  return length
}

/** Reads a complete frame. Throws `FRAME_INVALID` for an unknown kind or a short fragment. */
export const readFrame = (bytes: Uint8Array): Frame => {
  const tag = bytes[4] ?? 0
  const kind = tag & ~MORE
  if (!isKind(kind)) throw hostError('FRAME_INVALID', `there is no frame of kind ${kind}`)
  const payload = bytes.subarray(HEADER_BYTES)
  const hasMore = (tag & MORE) !== 0
  if (hasMore && payload.length !== FRAGMENT_BYTES)
    throw hostError('FRAME_INVALID', `a fragment of ${payload.length} bytes is not the last one`)
  return { kind, hasMore, id: readU32(bytes, 5), payload }
}

// Two lines are faster than a DataView made for each frame.
const writeU32 = (target: Uint8Array, at: number, value: number): void => {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

const readU32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0
