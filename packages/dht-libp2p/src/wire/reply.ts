import { baseError, ByteReader, ByteWriter, type Version } from '@bzzz/base'
import type { RangeDigest, RecordHead } from '@bzzz/store'
import {
  readKey,
  readList,
  readOptionalVersion,
  readSigned,
  WIRE_VERSION,
  writeOptionalVersion,
  writeSigned,
  type SignedLeaf,
} from './request.js'
import { readFlag, readVersion, writeVersion } from './record-codec.js'
import { readViewState, writeViewState, type ViewState } from './view-codec.js'

/** Whether a replica that refuses a version as too old has held it before. */
export type Held = 'never' | 'before' | 'unknown'

/**
 * What became of one record at a replica. `isNext`: the record is of a conditional write, and
 * replaced the very version that the replica named when it kept the key for that write.
 */
export type WriteResult =
  /** It holds the record now, durably; `known`: it did before. */
  | { readonly outcome: 'stored' | 'known'; readonly isNext?: boolean }
  /** It holds a newer version. */
  | {
      readonly outcome: 'newer'
      readonly newest: Version
      readonly held: Held
      readonly isNext?: boolean
    }
  /** A conditional write has the key; try again. */
  | { readonly outcome: 'locked' }
  /** The record is malformed, forged, not for this replica, or stamped too far ahead. */
  | { readonly outcome: 'refused' }
  /** The replica's store cannot take it. */
  | { readonly outcome: 'failed' }

export interface ReadResult {
  readonly version: Version | undefined
  readonly record: SignedLeaf | undefined
}

/** What one node answers another. */
export type Reply =
  | { readonly kind: 'exchange'; readonly prior: ViewState; readonly state: ViewState }
  /** The asker's view is another one; nothing was done. */
  | { readonly kind: 'view-differs' }
  | {
      readonly kind: 'write'
      readonly isCounted: boolean
      /** What was stored is on disk. */
      readonly isDurable: boolean
      readonly results: readonly WriteResult[]
    }
  | { readonly kind: 'read'; readonly isCounted: boolean; readonly results: readonly ReadResult[] }
  | { readonly kind: 'digests'; readonly digests: readonly RangeDigest[] }
  | { readonly kind: 'heads'; readonly heads: readonly WireHead[]; readonly hasMore: boolean }
  | { readonly kind: 'records'; readonly records: readonly SignedLeaf[] }
  | {
      readonly kind: 'lock'
      readonly isCounted: boolean
      readonly isGranted: boolean
      readonly version: Version | undefined
    }
  | { readonly kind: 'done' }

export type WireHead = Pick<RecordHead, 'key' | 'version'>

const KINDS = [
  'exchange',
  'view-differs',
  'write',
  'read',
  'digests',
  'heads',
  'records',
  'lock',
  'done',
] as const

const OUTCOMES = ['stored', 'known', 'newer', 'locked', 'refused', 'failed'] as const
const HELD = ['never', 'before', 'unknown'] as const

/** Beside an outcome. */
const IS_NEXT = 0x80

const DIGEST_BYTES = 16

export const encodeReply = (reply: Reply): Uint8Array => {
  const writer = new ByteWriter(256)
  writer.u8(WIRE_VERSION).u8(KINDS.indexOf(reply.kind))
  writeBody(writer, reply)
  return writer.finish()
}

const writeBody = (writer: ByteWriter, reply: Reply): void => {
  switch (reply.kind) {
    case 'exchange':
      writeViewState(writer, reply.prior)
      writeViewState(writer, reply.state)
      return
    case 'write':
      writer.u8(reply.isCounted ? 1 : 0).u16(reply.results.length)
      for (const result of reply.results) writeResult(writer, result)
      writer.u8(reply.isDurable ? 1 : 0)
      return
    case 'read':
      writer.u8(reply.isCounted ? 1 : 0).u16(reply.results.length)
      for (const { version, record } of reply.results) {
        writeOptionalVersion(writer, version)
        writer.u8(record === undefined ? 0 : 1)
        if (record !== undefined) writeSigned(writer, record)
      }
      return
    case 'digests':
      writer.u16(reply.digests.length)
      for (const { count, hash } of reply.digests) writer.u32(count).raw(hash)
      return
    case 'heads':
      writer.u16(reply.heads.length)
      for (const { key, version } of reply.heads) {
        writer.text(key)
        writeVersion(writer, version)
      }
      writer.u8(reply.hasMore ? 1 : 0)
      return
    case 'records':
      writer.u16(reply.records.length)
      for (const record of reply.records) writeSigned(writer, record)
      return
    case 'lock':
      writer.u8(reply.isCounted ? 1 : 0).u8(reply.isGranted ? 1 : 0)
      writeOptionalVersion(writer, reply.version)
      return
    case 'view-differs':
    case 'done':
  }
}

/** Throws `BYTES_INVALID`. Bytes in the result are views into the payload. */
export const decodeReply = (payload: Uint8Array): Reply => {
  const reader = new ByteReader(payload)
  const version = reader.u8()
  if (version !== WIRE_VERSION)
    throw baseError('BYTES_INVALID', `message layout ${version} is not spoken here`)
  const kind = KINDS[reader.u8()]
  if (kind === undefined) throw baseError('BYTES_INVALID', 'a reply of an unknown kind')
  return readBody(reader, kind)
}

const readBody = (reader: ByteReader, kind: (typeof KINDS)[number]): Reply => {
  switch (kind) {
    case 'exchange':
      return { kind, prior: readViewState(reader), state: readViewState(reader) }
    case 'write': {
      const isCounted = readFlag(reader)
      const results = readList(reader, () => readResult(reader))
      const isDurable = readFlag(reader)
      return { kind, isCounted, isDurable, results }
    }
    case 'read': {
      const isCounted = readFlag(reader)
      const result = (): ReadResult => ({
        version: readOptionalVersion(reader),
        record: readFlag(reader) ? readSigned(reader) : undefined,
      })
      return { kind, isCounted, results: readList(reader, result) }
    }
    case 'digests': {
      const digest = (): RangeDigest => ({ count: reader.u32(), hash: reader.raw(DIGEST_BYTES) })
      return { kind, digests: readList(reader, digest) }
    }
    case 'heads': {
      const head = (): WireHead => ({ key: readKey(reader), version: readVersion(reader) })
      const heads = readList(reader, head)
      return { kind, heads, hasMore: readFlag(reader) }
    }
    case 'records':
      return { kind, records: readList(reader, () => readSigned(reader)) }
    case 'lock': {
      const [isCounted, isGranted] = [readFlag(reader), readFlag(reader)]
      return { kind, isCounted, isGranted, version: readOptionalVersion(reader) }
    }
    default:
      return { kind }
  }
}

const writeResult = (writer: ByteWriter, result: WriteResult): void => {
  const isNext = 'isNext' in result && result.isNext
  writer.u8(OUTCOMES.indexOf(result.outcome) | (isNext ? IS_NEXT : 0))
  if (result.outcome !== 'newer') return
  writer.u8(HELD.indexOf(result.held))
  writeVersion(writer, result.newest)
}

const readResult = (reader: ByteReader): WriteResult => {
  const byte = reader.u8()
  const outcome = OUTCOMES[byte & ~IS_NEXT]
  const next = (byte & IS_NEXT) === 0 ? {} : { isNext: true }
  if (outcome === undefined) throw baseError('BYTES_INVALID', 'an unknown outcome of a write')
  if (outcome === 'stored' || outcome === 'known') return { outcome, ...next }
  if (outcome !== 'newer') return { outcome }
  const held = HELD[reader.u8()]
  if (held === undefined) throw baseError('BYTES_INVALID', 'an unknown word in a refusal')
  return { outcome, held, newest: readVersion(reader), ...next }
}
