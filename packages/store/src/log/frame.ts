import { ByteReader, ByteWriter, concatBytes, equalBytes, fromHex, utf8 } from '@bzzz/base'
import { sha256 } from '@bzzz/crypto'
import type { Crc32 } from '../store-engine.js'
import type { SegmentKind } from './manifest.js'

/** Tag, version, four counters, two lengths, hash, CRC. */
export const FRAME_HEADER_BYTES = 8 + 1 + 4 * 8 + 2 * 4 + 32 + 4

/** A batch of 4 MiB whose 4,096 records all carry the longest of every field. */
export const FRAME_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024

const FRAME_VERSION = 1

/** One synced batch. */
export interface FrameHeader {
  /** Fencing epoch under which it was written. */
  readonly epoch: number
  /** Counts the frames of the chain. */
  readonly frame: number
  /** Sequence number of the first item; the others follow on. */
  readonly firstSeq: number
  /** Ceiling of the hybrid clock. */
  readonly ceilingMs: number
  readonly count: number
  readonly payloadBytes: number
  /** Hash of the frame before. */
  readonly previousHash: Uint8Array
}

/** Reserves the header in a fresh buffer; items are appended behind it. */
export const beginFrame = (capacityBytes: number): ByteWriter =>
  new ByteWriter(FRAME_HEADER_BYTES + capacityBytes).raw(new Uint8Array(FRAME_HEADER_BYTES))

/** Fills in the header in front of the items; returns the whole frame. */
export const finishFrame = (
  out: ByteWriter,
  tag: Uint8Array,
  crc32: Crc32,
  header: Omit<FrameHeader, 'payloadBytes'>,
): Uint8Array => {
  const bytes = out.finish()
  const head = new ByteWriter(FRAME_HEADER_BYTES)
    .raw(tag)
    .u8(FRAME_VERSION)
    .u53(header.epoch)
    .u53(header.frame)
    .u53(header.firstSeq)
    .u53(header.ceilingMs)
    .u32(header.count)
    .u32(bytes.length - FRAME_HEADER_BYTES)
    .raw(header.previousHash)
  head.u32(crc32(head.finish()))
  bytes.set(head.finish())
  return bytes
}

/** Undefined for bytes that are no frame of this store. */
export const readFrameHeader = (
  bytes: Uint8Array,
  offset: number,
  tag: Uint8Array,
  crc32: Crc32,
): FrameHeader | undefined => {
  const head = bytes.subarray(offset, offset + FRAME_HEADER_BYTES)
  if (head.length < FRAME_HEADER_BYTES || !equalBytes(head.subarray(0, 8), tag)) return undefined
  const reader = new ByteReader(head)
  reader.raw(8)
  const covered = head.subarray(0, FRAME_HEADER_BYTES - 4)
  const crc = new ByteReader(head.subarray(FRAME_HEADER_BYTES - 4)).u32()
  if (crc !== crc32(covered) || reader.u8() !== FRAME_VERSION) return undefined
  const header: FrameHeader = {
    epoch: reader.u53(),
    frame: reader.u53(),
    firstSeq: reader.u53(),
    ceilingMs: reader.u53(),
    count: reader.u32(),
    payloadBytes: reader.u32(),
    previousHash: new Uint8Array(reader.raw(32)),
  }
  return header.payloadBytes <= FRAME_PAYLOAD_BYTES_MAX ? header : undefined
}

/** Covers the header, and with it the frame before. */
export const hashFrame = (frame: Uint8Array): Uint8Array => sha256(frame)

/** What the first frame of a chain takes as the hash before it. */
export const genesisHash = (storeId: string, kind: SegmentKind, segment: number): Uint8Array =>
  sha256(utf8(`bzzz/${kind}/1 ${storeId}${kind === 'merged' ? ` ${segment}` : ''}`))

export const SEGMENT_HEADER_BYTES = 8 + 8 + 16 + 4 + 1 + 8 + 8 + 32 + 4

const SEGMENT_MAGIC = utf8('BZZZLOG1')

/** Which segment of which store a file is, and where its chain goes on. */
export interface SegmentHeader {
  readonly tag: Uint8Array
  readonly storeId: string
  readonly number: number
  readonly kind: SegmentKind
  /** Number of its first frame. */
  readonly startFrame: number
  /** Sequence number of its first item. */
  readonly startSeq: number
  readonly startHash: Uint8Array
}

export const encodeSegmentHeader = (header: SegmentHeader, crc32: Crc32): Uint8Array => {
  const out = new ByteWriter(SEGMENT_HEADER_BYTES)
    .raw(SEGMENT_MAGIC)
    .raw(header.tag)
    .raw(fromHex(header.storeId))
    .u32(header.number)
    .u8(header.kind === 'log' ? 0 : 1)
    .u53(header.startFrame)
    .u53(header.startSeq)
    .raw(header.startHash)
  return concatBytes([out.u32(crc32(out.finish())).finish()])
}

/** Undefined for bytes that are no header of a segment. */
export const readSegmentHeader = (bytes: Uint8Array, crc32: Crc32): SegmentHeader | undefined => {
  const head = bytes.subarray(0, SEGMENT_HEADER_BYTES)
  if (head.length < SEGMENT_HEADER_BYTES) return undefined
  const reader = new ByteReader(head)
  const isOurs = equalBytes(reader.raw(8), SEGMENT_MAGIC)
  const crc = new ByteReader(head.subarray(SEGMENT_HEADER_BYTES - 4)).u32()
  if (!isOurs || crc !== crc32(head.subarray(0, SEGMENT_HEADER_BYTES - 4))) return undefined
  const tag = new Uint8Array(reader.raw(8))
  const storeId = Array.from(reader.raw(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const number = reader.u32()
  const kind = reader.u8() === 0 ? 'log' : 'merged'
  const [startFrame, startSeq] = [reader.u53(), reader.u53()]
  const startHash = new Uint8Array(reader.raw(32))
  return { tag, storeId, number, kind, startFrame, startSeq, startHash }
}
