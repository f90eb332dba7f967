import { codeOf, equalBytes, toHex } from '@bzzz/base'
import type { Location } from '../entry.js'
import { storeError } from '../errors.js'
import type { Crc32 } from '../store-engine.js'
import {
  FRAME_HEADER_BYTES,
  genesisHash,
  hashFrame,
  readFrameHeader,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type FrameHeader,
} from './frame.js'
import { decodeItem, ITEM_BODY_BYTES_MAX, ITEM_HEADER_BYTES, type Item } from './item.js'
import { damagedAt, type Segment } from './segment.js'

/** What is needed to make sense of a segment's bytes. */
export interface LogFormat {
  readonly storeId: string
  readonly writer: string
  readonly tag: Uint8Array
  readonly crc32: Crc32
}

/** Where a chain of frames has got to. */
export interface Chain {
  /** Number of the next frame. */
  nextFrame: number
  /** Sequence number of the next item. */
  nextSeq: number
  hash: Uint8Array
  epoch: number
  ceilingMs: number
}

export interface FrameItem {
  readonly offset: number
  readonly length: number
  readonly crc: number
  readonly body: Uint8Array
}

export interface Frame {
  readonly header: FrameHeader
  readonly items: readonly FrameItem[]
  readonly hash: Uint8Array
  /** Offset behind it. */
  readonly end: number
}

export const firstChain = (storeId: string): Chain => ({
  nextFrame: 0,
  nextSeq: 0,
  hash: genesisHash(storeId, 'log', 1),
  epoch: 0,
  ceilingMs: 0,
})

const readItems = (
  bytes: Uint8Array,
  from: number,
  header: FrameHeader,
  crc32: Crc32,
): FrameItem[] | undefined => {
  const end = from + header.payloadBytes
  if (end > bytes.length || header.count * ITEM_HEADER_BYTES > header.payloadBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const items: FrameItem[] = []
  let offset = from
  for (let i = 0; i < header.count; i++) {
    if (offset + ITEM_HEADER_BYTES > end) return undefined
    const bodyBytes = view.getUint32(offset)
    const length = ITEM_HEADER_BYTES + bodyBytes
    if (bodyBytes > ITEM_BODY_BYTES_MAX || offset + length > end) return undefined
    const crc = view.getUint32(offset + 4)
    const body = bytes.subarray(offset + ITEM_HEADER_BYTES, offset + length)
    if (crc32(body) !== crc) return undefined
    items.push({ offset, length, crc, body })
    offset += length
  }
  return offset === end ? items : undefined
}

/** The frame at an offset, every checksum verified; undefined when there is no whole one. */
export const readFrame = (
  bytes: Uint8Array,
  offset: number,
  format: LogFormat,
): Frame | undefined => {
  const header = readFrameHeader(bytes, offset, format.tag, format.crc32)
  if (header === undefined) return undefined
  const items = readItems(bytes, offset + FRAME_HEADER_BYTES, header, format.crc32)
  if (items === undefined) return undefined
  const end = offset + FRAME_HEADER_BYTES + header.payloadBytes
  return { header, items, hash: hashFrame(bytes.subarray(offset, end)), end }
}

/** Offset of a later frame's header: proof that what stands before it was synced. */
const laterFrameAt = (
  bytes: Uint8Array,
  from: number,
  format: LogFormat,
  frame: number,
): number | undefined => {
  const first = format.tag[0] ?? 0
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    const header = readFrameHeader(bytes, at, format.tag, format.crc32)
    if (header !== undefined && header.frame > frame) return at
  }
  return undefined
}

/** Checks the segment's header against what the manifest and the chain say. */
export const enterSegment = (
  segment: Segment,
  bytes: Uint8Array,
  format: LogFormat,
  chain: Chain,
): Chain => {
  const header = readSegmentHeader(bytes, format.crc32)
  if (header === undefined) throw damagedAt(segment.name, 0, SEGMENT_HEADER_BYTES)
  const isOurs = header.storeId === format.storeId && equalBytes(header.tag, format.tag)
  if (!isOurs)
    throw storeError('STORE_FOREIGN', `${segment.name} belongs to another store`, {
      details: { file: segment.name, storeId: header.storeId },
    })
  const isListed = header.number === segment.number && header.kind === segment.kind
  if (!isListed) throw damagedAt(segment.name, 0, SEGMENT_HEADER_BYTES)
  const { startFrame: nextFrame, startSeq: nextSeq, startHash: hash } = header
  if (segment.kind === 'merged') return { nextFrame, nextSeq, hash, epoch: 0, ceilingMs: 0 }
  // A later start is the gap of a segment that compaction took away; the manifest vouches for it.
  if (nextFrame > chain.nextFrame) return { ...chain, nextFrame, nextSeq, hash }
  if (nextFrame < chain.nextFrame || !equalBytes(hash, chain.hash))
    throw brokenChain(segment.name, SEGMENT_HEADER_BYTES)
  return chain
}

const brokenChain = (file: string, at: number): Error =>
  storeError('STORE_DAMAGED', `${file} does not continue the chain at byte ${at}`, {
    details: { file, from: at },
  })

const follow = (chain: Chain, frame: Frame): boolean => {
  const { header } = frame
  const isNext =
    header.frame === chain.nextFrame &&
    equalBytes(header.previousHash, chain.hash) &&
    header.epoch >= chain.epoch &&
    header.firstSeq === chain.nextSeq
  if (!isNext) return false
  chain.nextFrame++
  chain.nextSeq = header.firstSeq + header.count
  chain.hash = frame.hash
  chain.epoch = header.epoch
  chain.ceilingMs = Math.max(chain.ceilingMs, header.ceilingMs)
  return true
}

export interface WalkSink {
  item(item: Item, location: Location, value: FrameItem): void
  frame?(header: FrameHeader, hash: Uint8Array): void
}

/**
 * Reads a segment frame by frame, hands every item to the sink and moves the chain along.
 *
 * What stands behind the last whole frame may be the torn rest of a batch that was never
 * acknowledged: only one frame can be, since each is started after the one before was synced.
 * Throws `STORE_DAMAGED` where that is excluded.
 */
export class SegmentWalk {
  readonly #segment: Segment
  readonly #bytes: Uint8Array
  readonly #format: LogFormat
  readonly #chain: Chain
  readonly #sink: WalkSink
  #offset = SEGMENT_HEADER_BYTES

  constructor(
    segment: Segment,
    bytes: Uint8Array,
    format: LogFormat,
    chain: Chain,
    sink: WalkSink,
  ) {
    this.#segment = segment
    this.#bytes = bytes
    this.#format = format
    this.#chain = chain
    this.#sink = sink
  }

  /** Behind the last frame that was read. */
  get offset(): number {
    return this.#offset
  }

  /** Reads the next frame; false at the end. */
  step(): boolean {
    if (this.#offset >= this.#bytes.length) return this.#end()
    const frame = readFrame(this.#bytes, this.#offset, this.#format)
    if (frame === undefined) {
      const { nextFrame } = this.#chain
      const later = laterFrameAt(this.#bytes, this.#offset + 1, this.#format, nextFrame)
      if (later !== undefined) throw damagedAt(this.#segment.name, this.#offset, later)
      return this.#end()
    }
    if (!follow(this.#chain, frame)) throw brokenChain(this.#segment.name, this.#offset)
    this.#sink.frame?.(frame.header, frame.hash)
    for (const item of frame.items)
      this.#sink.item(decode(this.#segment, item, this.#format), locate(this.#segment, item), item)
    this.#offset = frame.end
    return true
  }

  #end(): false {
    const { end, name } = this.#segment
    if (end === undefined) return false
    const isWhole =
      this.#offset === end.bytes &&
      this.#bytes.length === end.bytes &&
      this.#chain.nextFrame === end.frame + 1 &&
      toHex(this.#chain.hash) === end.hash
    if (!isWhole) throw damagedAt(name, Math.min(this.#offset, end.bytes), end.bytes)
    return false
  }
}

const locate = (segment: Segment, item: FrameItem): Location => ({
  segment: segment.number,
  offset: item.offset,
  length: item.length,
  crc: item.crc,
})

const decode = (segment: Segment, item: FrameItem, format: LogFormat): Item => {
  try {
    return decodeItem(item.body, format.writer)
  } catch (error) {
    // Its CRC is right, so a version of this package wrote what this one does not understand.
    throw storeError('STORE_FORMAT', `${segment.name} holds an unknown item at ${item.offset}`, {
      cause: error,
      details: { file: segment.name, from: item.offset, cause: codeOf(error) ?? 'unknown' },
    })
  }
}
