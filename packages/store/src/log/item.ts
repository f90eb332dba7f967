import { ByteReader, type ByteWriter, type StampedRecord, type Version } from '@bzzz/base'
import type { CleanMark } from '../batch.js'
import type { Entry } from '../entry.js'
import {
  ATTESTATION_BYTES_MAX,
  ID_BYTES_MAX,
  RECORD_KEY_BYTES_MAX,
  RECORD_VALUE_BYTES_MAX,
} from '../limits.js'
import type { Crc32 } from '../store-engine.js'

/** Length and CRC-32 before the body. */
export const ITEM_HEADER_BYTES = 8

/** A record at its limits, with its fields. */
export const ITEM_BODY_BYTES_MAX =
  RECORD_VALUE_BYTES_MAX + RECORD_KEY_BYTES_MAX + ATTESTATION_BYTES_MAX + 2 * ID_BYTES_MAX + 64

const KIND_RECORD = 1
const KIND_CLEAN = 2
const KIND_OPERATION = 3

const DELETED = 1
const DIRTY = 2
const EXPIRES = 4
const ATTESTED = 8
/** The writer's name is spelled out; without it the record is this node's own. */
const FOREIGN = 16

/** Where the flags of a record stand in its body. */
const FLAGS_AT = 1

export interface RecordItem {
  readonly kind: 'record'
  readonly record: StampedRecord
  readonly dirty: boolean
}

/** Stands for a superseded write of this node: a retry of it must still be recognised. */
export interface OperationItem {
  readonly kind: 'operation'
  readonly key: string
  readonly version: Version
  readonly deleted: boolean
  readonly expiresAtMs: number | undefined
  readonly opId: string
  readonly contentCrc: number
}

export type Item = RecordItem | OperationItem | ({ readonly kind: 'clean' } & CleanMark)

/** Writes an item around its body; returns the CRC-32 of the body. */
const wrap = (out: ByteWriter, crc32: Crc32, body: () => void): number => {
  const at = out.length
  out.u32(0).u32(0)
  body()
  const bytes = out.finish()
  const crc = crc32(bytes.subarray(at + ITEM_HEADER_BYTES))
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint32(at, bytes.length - at - ITEM_HEADER_BYTES)
  view.setUint32(at + 4, crc)
  return crc
}

const stamp = (out: ByteWriter, version: Version, writer: string): void => {
  out.u53(version.wallMs).u16(version.counter)
  if (version.writer !== writer) out.text(version.writer)
}

export const encodeRecord = (
  out: ByteWriter,
  crc32: Crc32,
  writer: string,
  record: StampedRecord,
  dirty: boolean,
): number =>
  wrap(out, crc32, () => {
    const { version, expiresAtMs, attestation } = record
    const flags =
      (record.deleted ? DELETED : 0) |
      (dirty ? DIRTY : 0) |
      (expiresAtMs === undefined ? 0 : EXPIRES) |
      (attestation === undefined ? 0 : ATTESTED) |
      (version.writer === writer ? 0 : FOREIGN)
    out.u8(KIND_RECORD).u8(flags)
    stamp(out, version, writer)
    out.text(record.opId).text(record.key)
    if (expiresAtMs !== undefined) out.u53(expiresAtMs)
    if (attestation !== undefined) out.bytes(attestation)
    out.raw(record.value)
  })

export const encodeClean = (
  out: ByteWriter,
  crc32: Crc32,
  writer: string,
  mark: CleanMark,
): number =>
  wrap(out, crc32, () => {
    out.u8(KIND_CLEAN).u8(mark.version.writer === writer ? 0 : FOREIGN)
    stamp(out, mark.version, writer)
    out.text(mark.key)
  })

/** The entry is this node's own. */
export const encodeOperation = (out: ByteWriter, crc32: Crc32, entry: Entry): number =>
  wrap(out, crc32, () => {
    const { expiresAtMs } = entry
    const flags = (entry.deleted ? DELETED : 0) | (expiresAtMs === undefined ? 0 : EXPIRES)
    out.u8(KIND_OPERATION).u8(flags)
    stamp(out, entry.version, entry.version.writer)
    out.text(entry.opId).text(entry.key)
    if (expiresAtMs !== undefined) out.u53(expiresAtMs)
    out.u32(entry.contentCrc)
  })

/** Copies a record's body as it stands, but for its dirty mark. */
export const copyRecord = (
  out: ByteWriter,
  crc32: Crc32,
  body: Uint8Array,
  dirty: boolean,
): number => {
  const copy = new Uint8Array(body)
  copy[FLAGS_AT] = ((copy[FLAGS_AT] ?? 0) & ~DIRTY) | (dirty ? DIRTY : 0)
  return copyItem(out, crc32, copy)
}

export const copyItem = (out: ByteWriter, crc32: Crc32, body: Uint8Array): number =>
  wrap(out, crc32, () => {
    out.raw(body)
  })

/** Throws `BYTES_INVALID`. Bytes of the result are views into the body. */
export const decodeItem = (body: Uint8Array, writer: string): Item => {
  const reader = new ByteReader(body)
  const kind = reader.u8()
  const flags = reader.u8()
  const wallMs = reader.u53()
  const counter = reader.u16()
  const version: Version = {
    wallMs,
    counter,
    writer: flags & FOREIGN ? reader.text(ID_BYTES_MAX) : writer,
  }
  if (kind === KIND_CLEAN) {
    const key = reader.text(RECORD_KEY_BYTES_MAX)
    reader.end()
    return { kind: 'clean', key, version }
  }
  const opId = reader.text(ID_BYTES_MAX)
  const key = reader.text(RECORD_KEY_BYTES_MAX)
  const expiresAtMs = flags & EXPIRES ? reader.u53() : undefined
  const deleted = (flags & DELETED) !== 0
  if (kind === KIND_OPERATION) {
    const contentCrc = reader.u32()
    reader.end()
    return { kind: 'operation', key, version, deleted, expiresAtMs, opId, contentCrc }
  }
  if (kind !== KIND_RECORD) throw new RangeError(`an item of unknown kind ${kind}`)
  const attestation = flags & ATTESTED ? reader.bytes(ATTESTATION_BYTES_MAX) : undefined
  const value = reader.raw(reader.remaining)
  const record: StampedRecord = {
    key,
    value,
    deleted,
    version,
    expiresAtMs,
    opId,
    ...(attestation === undefined ? {} : { attestation }),
  }
  return { kind: 'record', record, dirty: (flags & DIRTY) !== 0 }
}
