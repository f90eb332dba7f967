import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { ByteWriter, crc32, equalBytes, fromHex, type StampedRecord } from '@bzzz/base'
import { BUCKETS, digestOf, RangeDigests } from '../src/range-digest.js'
import type { RecordHead } from '../src/store.js'
import {
  beginFrame,
  encodeSegmentHeader,
  finishFrame,
  FRAME_HEADER_BYTES,
  readFrameHeader,
  readSegmentHeader,
} from '../src/log/frame.js'
import { decodeItem, encodeClean, encodeRecord, ITEM_HEADER_BYTES } from '../src/log/item.js'
import { seal, unseal } from '../src/log/sealed-file.js'

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const version = fc.record({
  wallMs: fc.integer({ min: 0, max: 8.64e15 }),
  counter: fc.integer({ min: 0, max: 0xffff }),
  writer: fc.constantFrom('node-a', 'node-b'),
})
const record: fc.Arbitrary<StampedRecord> = fc.record(
  {
    key: text,
    value: fc.uint8Array({ maxLength: 300 }),
    deleted: fc.boolean(),
    version,
    opId: text,
    expiresAtMs: fc.integer({ min: 0, max: 8.64e15 }),
    attestation: fc.uint8Array({ maxLength: 100 }),
  },
  { requiredKeys: ['key', 'value', 'deleted', 'version', 'opId'] },
)

const bodyOf = (encode: (out: ByteWriter) => void): Uint8Array => {
  const out = new ByteWriter(1)
  encode(out)
  return out.finish().slice(ITEM_HEADER_BYTES)
}

describe('items', () => {
  test('a record is read as it was written', () => {
    fc.assert(
      fc.property(record, fc.boolean(), (written, dirty) => {
        const body = bodyOf((out) => encodeRecord(out, crc32, 'node-a', written, dirty))
        expect(decodeItem(body, 'node-a')).toEqual({ kind: 'record', record: written, dirty })
      }),
    )
  })

  test('a clean mark is read as it was written', () => {
    fc.assert(
      fc.property(text, version, (key, at) => {
        const body = bodyOf((out) => encodeClean(out, crc32, 'node-a', { key, version: at }))
        expect(decodeItem(body, 'node-a')).toEqual({ kind: 'clean', key, version: at })
      }),
    )
  })

  test('any bytes are an item or a typed refusal, within their own length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        let name = 'fine'
        try {
          decodeItem(body, 'node-a')
        } catch (error) {
          ;({ name } = error as Error)
        }
        expect(['fine', 'BzzzError', 'RangeError']).toContain(name)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('frames', () => {
  const tag = fromHex('0102030405060708')
  const header = {
    epoch: 3,
    frame: 2 ** 40,
    firstSeq: 9,
    ceilingMs: 1_700_000_000_000,
    count: 1,
    previousHash: new Uint8Array(32).fill(5),
  }
  const frame = (): Uint8Array => finishFrame(beginFrame(10).u8(1).u8(2), tag, crc32, header)

  test('a header is read as it was written', () => {
    expect(readFrameHeader(frame(), 0, tag, crc32)).toEqual({ ...header, payloadBytes: 2 })
  })

  test('a header with any bit flipped, cut, or under another tag is none', () => {
    for (let bit = 0; bit < FRAME_HEADER_BYTES * 8; bit++) {
      const bytes = frame()
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(readFrameHeader(bytes, 0, tag, crc32)).toBeUndefined()
    }
    for (let length = 0; length < FRAME_HEADER_BYTES; length++)
      expect(readFrameHeader(frame().subarray(0, length), 0, tag, crc32)).toBeUndefined()
    expect(readFrameHeader(frame(), 0, fromHex('ffffffffffffffff'), crc32)).toBeUndefined()
  })

  test('the header of a segment, with any bit flipped, is none', () => {
    const segment = {
      tag,
      storeId: '00112233445566778899aabbccddeeff',
      number: 7,
      kind: 'merged' as const,
      startFrame: 8,
      startSeq: 99,
      startHash: new Uint8Array(32).fill(1),
    }
    const bytes = encodeSegmentHeader(segment, crc32)
    expect(readSegmentHeader(bytes, crc32)).toEqual(segment)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(readSegmentHeader(flipped, crc32)).toBeUndefined()
    }
  })

  test('a small file is read as it was sealed, and under no other kind', () => {
    const bytes = seal('kind', { a: 1, ü: ['😀'] })
    expect(unseal('file', 'kind', bytes)).toEqual({ a: 1, ü: ['😀'] })
    expect(() => unseal('file', 'other', bytes)).toThrow('file is damaged')
    expect(() => unseal('file', 'kind', bytes.subarray(0, -1))).toThrow('file is damaged')
  })
})

test('range digests kept up to date equal those made from scratch', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    counter: fc.nat(50),
    deleted: fc.boolean(),
    isAsked: fc.boolean(),
  })
  const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket)
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const heads = new Map<string, RecordHead>()
      const digests = new RangeDigests((key) => heads.get(key))
      for (const { key, counter, deleted, isAsked } of changes) {
        const before = heads.get(key)
        heads.set(key, { key, deleted, version: { wallMs: 1, counter, writer: 'w' } })
        digests.note(key, before)
        if (isAsked) digestOf(digests, all)
      }
      const fresh = new RangeDigests((key) => heads.get(key))
      for (const key of heads.keys()) fresh.note(key, undefined)
      const [kept, made] = [digestOf(digests, all), digestOf(fresh, all)]
      expect(kept.count).toBe(made.count)
      expect(equalBytes(kept.hash, made.hash)).toBe(true)
    }),
    { numRuns: 50 },
  )
})
