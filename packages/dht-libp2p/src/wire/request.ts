import { baseError, ByteReader, ByteWriter, type Version } from '@bzzz/base'
import { KEY_BYTES_MAX } from '@bzzz/dht-core'
import {
  ATTESTATION_BYTES_MAX,
  BUCKETS,
  BUCKETS_PER_GROUP,
  ENTRIES_MAX,
  GROUPS,
  ID_BYTES_MAX,
  LEAF_BYTES_MAX,
} from '../limits.js'
import { readFlag, readVersion, writeVersion } from './record-codec.js'
import { readViewState, writeViewState, type ViewState } from './view-codec.js'

/** Version of the message layout. Fields may be added at the end of a message without raising it. */
export const WIRE_VERSION = 1

export const VIEW_HASH_BYTES = 8

/** A record as it travels: the bytes that were signed, and the proof. */
export interface SignedLeaf {
  readonly leaf: Uint8Array
  readonly attestation: Uint8Array
}

/** What one node asks of another. */
export type Request =
  | { readonly kind: 'exchange'; readonly state: ViewState }
  | { readonly kind: 'write'; readonly view: Uint8Array; readonly records: readonly SignedLeaf[] }
  | { readonly kind: 'read'; readonly view: Uint8Array; readonly items: readonly ReadItem[] }
  | { readonly kind: 'groups'; readonly buckets: Uint8Array }
  | { readonly kind: 'buckets'; readonly group: number; readonly buckets: Uint8Array }
  /** A page of heads, in the order of bucket and key, behind the key `after` (empty: from the start). */
  | {
      readonly kind: 'heads'
      readonly group: number
      readonly buckets: Uint8Array
      readonly after: string
    }
  | { readonly kind: 'fetch'; readonly keys: readonly string[] }
  | {
      readonly kind: 'lock'
      readonly view: Uint8Array
      readonly key: string
      readonly opId: string
      readonly ttlMs: number
    }
  | { readonly kind: 'unlock'; readonly key: string; readonly opId: string }

export interface ReadItem {
  readonly key: string
  readonly wantsValue: boolean
}

const KINDS = [
  'exchange',
  'write',
  'read',
  'groups',
  'buckets',
  'heads',
  'fetch',
  'lock',
  'unlock',
] as const

export const BITMAP_BYTES: number = BUCKETS / 8
export const GROUP_BITMAP_BYTES: number = BUCKETS_PER_GROUP / 8

export const encodeRequest = (request: Request): Uint8Array => {
  const writer = new ByteWriter(sizeHint(request))
  writer.u8(WIRE_VERSION).u8(KINDS.indexOf(request.kind))
  writeBody(writer, request)
  return writer.finish()
}

const sizeHint = (request: Request): number =>
  request.kind === 'write'
    ? request.records.reduce(
        (sum, { leaf, attestation }) => sum + leaf.length + attestation.length + 8,
        64,
      )
    : 256

const writeBody = (writer: ByteWriter, request: Request): void => {
  switch (request.kind) {
    case 'exchange':
      writeViewState(writer, request.state)
      return
    case 'write':
      writer.raw(request.view).u16(request.records.length)
      for (const record of request.records) writeSigned(writer, record)
      return
    case 'read':
      writer.raw(request.view).u16(request.items.length)
      for (const { key, wantsValue } of request.items) writer.text(key).u8(wantsValue ? 1 : 0)
      return
    case 'groups':
      writer.raw(request.buckets)
      return
    case 'buckets':
      writer.u8(request.group).raw(request.buckets)
      return
    case 'heads':
      writer.u8(request.group).raw(request.buckets).text(request.after)
      return
    case 'fetch':
      writer.u16(request.keys.length)
      for (const key of request.keys) writer.text(key)
      return
    case 'lock':
      writer.raw(request.view).text(request.key).text(request.opId).u32(request.ttlMs)
      return
    case 'unlock':
      writer.text(request.key).text(request.opId)
  }
}

/** Throws `BYTES_INVALID`. Bytes in the result are views into the payload. */
export const decodeRequest = (payload: Uint8Array): Request => {
  const reader = new ByteReader(payload)
  const version = reader.u8()
  if (version !== WIRE_VERSION)
    throw baseError('BYTES_INVALID', `message layout ${version} is not spoken here`)
  const kind = KINDS[reader.u8()]
  if (kind === undefined) throw baseError('BYTES_INVALID', 'a request of an unknown kind')
  return readBody(reader, kind)
}

const readBody = (reader: ByteReader, kind: (typeof KINDS)[number]): Request => {
  switch (kind) {
    case 'exchange':
      return { kind, state: readViewState(reader) }
    case 'write': {
      const view = reader.raw(VIEW_HASH_BYTES)
      return { kind, view, records: readList(reader, () => readSigned(reader)) }
    }
    case 'read': {
      const view = reader.raw(VIEW_HASH_BYTES)
      const item = (): ReadItem => ({ key: readKey(reader), wantsValue: readFlag(reader) })
      return { kind, view, items: readList(reader, item) }
    }
    case 'groups':
      return { kind, buckets: reader.raw(BITMAP_BYTES) }
    case 'buckets':
      return { kind, group: below(reader.u8(), GROUPS), buckets: reader.raw(GROUP_BITMAP_BYTES) }
    case 'heads': {
      const [group, buckets] = [below(reader.u8(), GROUPS), reader.raw(GROUP_BITMAP_BYTES)]
      return { kind, group, buckets, after: reader.text(KEY_BYTES_MAX) }
    }
    case 'fetch':
      return { kind, keys: readList(reader, () => readKey(reader)) }
    case 'lock': {
      const view = reader.raw(VIEW_HASH_BYTES)
      const [key, opId] = [readKey(reader), reader.text(ID_BYTES_MAX)]
      return { kind, view, key, opId, ttlMs: reader.u32() }
    }
    default:
      return { kind, key: readKey(reader), opId: reader.text(ID_BYTES_MAX) }
  }
}

export const writeSigned = (writer: ByteWriter, { leaf, attestation }: SignedLeaf): void => {
  writer.bytes(leaf).bytes(attestation)
}

export const readSigned = (reader: ByteReader): SignedLeaf => ({
  leaf: reader.bytes(LEAF_BYTES_MAX),
  attestation: reader.bytes(ATTESTATION_BYTES_MAX),
})

export const readKey = (reader: ByteReader): string => {
  const key = reader.text(KEY_BYTES_MAX)
  if (key === '') throw baseError('BYTES_INVALID', 'a key is empty')
  return key
}

/** A list with its length before it: bounded before anything is read. */
export const readList = <T>(reader: ByteReader, item: () => T): T[] => {
  const count = reader.u16()
  if (count > ENTRIES_MAX)
    throw baseError('BYTES_INVALID', `${count} entries; at most ${ENTRIES_MAX} fit`)
  const out: T[] = []
  for (let i = 0; i < count; i++) out.push(item())
  return out
}

export const writeOptionalVersion = (writer: ByteWriter, version: Version | undefined): void => {
  writer.u8(version === undefined ? 0 : 1)
  if (version !== undefined) writeVersion(writer, version)
}

export const readOptionalVersion = (reader: ByteReader): Version | undefined =>
  readFlag(reader) ? readVersion(reader) : undefined

const below = (value: number, bound: number): number => {
  if (value < bound) return value
  throw baseError('BYTES_INVALID', `an index is ${value}; it must be below ${bound}`)
}
