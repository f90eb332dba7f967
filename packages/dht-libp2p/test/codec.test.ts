import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { codeOf, equalBytes, toHex, type StampedRecord, type Version } from '@bzzz/base'
import { decodeLeaf, encodeLeaf } from '../src/wire/record-codec.js'
import { decodeReply, encodeReply, type Reply } from '../src/wire/reply.js'
import {
  BITMAP_BYTES,
  decodeRequest,
  encodeRequest,
  GROUP_BITMAP_BYTES,
  type Request,
} from '../src/wire/request.js'

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
const version: fc.Arbitrary<Version> = fc.record({
  wallMs: fc.nat({ max: 2 ** 43 }),
  counter: fc.nat({ max: 0xffff }),
  writer: text,
})
const record: fc.Arbitrary<StampedRecord> = fc
  .record({
    key: text,
    value: fc.uint8Array({ maxLength: 64 }),
    deleted: fc.boolean(),
    version,
    opId: text,
    expiresAtMs: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ expiresAtMs, ...rest }) => ({
    ...rest,
    value: rest.deleted ? new Uint8Array(0) : rest.value,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  }))
const signed = fc.record({
  leaf: fc.uint8Array({ maxLength: 40 }),
  attestation: fc.uint8Array({ maxLength: 40 }),
})
const members = fc.uniqueArray(
  fc.record({
    id: text,
    storeId: text,
    sinceMs: fc.nat(),
    addresses: fc.array(text, { maxLength: 4 }),
  }),
  { selector: ({ id }) => id, maxLength: 5 },
)
const state = members.chain((list) =>
  fc.record({
    members: fc.constant(list),
    pending: fc.array(
      fc.record({ ids: fc.subarray(list.map(({ id }) => id)), isLost: fc.boolean() }),
      { maxLength: 3 },
    ),
  }),
)
const view = bytes(8)

const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ kind: fc.constant('exchange' as const), state }),
  fc.record({ kind: fc.constant('write' as const), view, records: fc.array(signed) }),
  fc.record({
    kind: fc.constant('read' as const),
    view,
    items: fc.array(fc.record({ key: text, wantsValue: fc.boolean() })),
  }),
  fc.record({ kind: fc.constant('groups' as const), buckets: bytes(BITMAP_BYTES) }),
  fc.record({
    kind: fc.constant('buckets' as const),
    group: fc.nat({ max: 15 }),
    buckets: bytes(GROUP_BITMAP_BYTES),
  }),
  fc.record({
    kind: fc.constant('heads' as const),
    group: fc.nat({ max: 15 }),
    buckets: bytes(GROUP_BITMAP_BYTES),
    after: fc.string(),
  }),
  fc.record({ kind: fc.constant('fetch' as const), keys: fc.array(text) }),
  fc.record({ kind: fc.constant('lock' as const), view, key: text, opId: text, ttlMs: fc.nat() }),
  fc.record({ kind: fc.constant('unlock' as const), key: text, opId: text }),
)

const optionalVersion = fc.option(version, { nil: undefined })

const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ kind: fc.constant('exchange' as const), prior: state, state }),
  fc.record({ kind: fc.constantFrom('view-differs' as const, 'done' as const) }),
  fc.record({
    kind: fc.constant('write' as const),
    isCounted: fc.boolean(),
    isDurable: fc.boolean(),
    results: fc.array(
      fc.oneof(
        fc.record({ outcome: fc.constantFrom('stored' as const, 'known' as const) }),
        fc.record({ outcome: fc.constantFrom('locked' as const) }),
        fc.record({
          outcome: fc.constant('newer' as const),
          held: fc.constantFrom('never' as const, 'before' as const, 'unknown' as const),
          newest: version,
        }),
      ),
    ),
  }),
  fc.record({
    kind: fc.constant('read' as const),
    isCounted: fc.boolean(),
    results: fc.array(
      fc.record({ version: optionalVersion, record: fc.option(signed, { nil: undefined }) }),
    ),
  }),
  fc.record({
    kind: fc.constant('digests' as const),
    digests: fc.array(fc.record({ count: fc.nat(), hash: bytes(16) })),
  }),
  fc.record({
    kind: fc.constant('heads' as const),
    heads: fc.array(fc.record({ key: text, version })),
    hasMore: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('records' as const), records: fc.array(signed) }),
  fc.record({
    kind: fc.constant('lock' as const),
    isCounted: fc.boolean(),
    isGranted: fc.boolean(),
    version: optionalVersion,
  }),
)

/** Bytes as text, so that views and arrays compare by content. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    ArrayBuffer.isView(inner) ? toHex(inner as Uint8Array) : inner,
  )

/** One of: bits flipped, bytes cut off, bytes inserted. */
const mutated = (input: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.nat({ max: input.length * 8 - 1 }).map((bit) => {
      const out = input.slice()
      out[bit >>> 3] = (out[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      return out
    }),
    fc.nat({ max: input.length }).map((length) => input.slice(0, length)),
    fc.tuple(fc.nat({ max: input.length }), fc.uint8Array({ maxLength: 8 })).map(([at, more]) => {
      const out = new Uint8Array(input.length + more.length)
      out.set(input.subarray(0, at))
      out.set(more, at)
      out.set(input.subarray(at), at + more.length)
      return out
    }),
  )

/** Decodes, or refuses with the one code; anything else is a bug. */
const decodes = (decode: () => unknown): boolean => {
  try {
    decode()
    return true
  } catch (error) {
    expect(codeOf(error)).toBe('BYTES_INVALID')
    return false
  }
}

const hasOneEncoding = (leaf: Uint8Array): boolean => equalBytes(encodeLeaf(decodeLeaf(leaf)), leaf)

describe('messages', () => {
  test('requests and replies come back as they were', () => {
    fc.assert(
      fc.property(request, (one) => {
        expect(plain(decodeRequest(encodeRequest(one)))).toBe(plain(one))
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(reply, (one) => {
        expect(plain(decodeReply(encodeReply(one)))).toBe(plain(one))
      }),
      { numRuns: 300 },
    )
  })

  test('fields that a later version adds at the end are ignored', () => {
    fc.assert(
      fc.property(request, fc.uint8Array({ minLength: 1 }), (one, more) => {
        const longer = new Uint8Array([...encodeRequest(one), ...more])
        expect(plain(decodeRequest(longer))).toBe(plain(one))
      }),
    )
  })

  test('10,000 damaged messages are decoded or refused, and never anything else', () => {
    let refused = 0
    const requests = request.chain((one) => mutated(encodeRequest(one)))
    const replies = reply.chain((one) => mutated(encodeReply(one)))
    fc.assert(
      fc.property(requests, (damaged) => {
        if (!decodes(() => decodeRequest(damaged))) refused++
      }),
      { numRuns: 5000 },
    )
    fc.assert(
      fc.property(replies, (damaged) => {
        if (!decodes(() => decodeReply(damaged))) refused++
      }),
      { numRuns: 5000 },
    )
    expect(refused).toBeGreaterThan(1000)
  })

  test('a list that claims more entries than are allowed is refused before it is read', () => {
    const claims = encodeRequest({ kind: 'fetch', keys: [] }).slice()
    claims.set([0xff, 0xff], 2)
    expect(() => decodeRequest(claims)).toThrow('65535 entries')
    const crowd = encodeRequest({ kind: 'exchange', state: { members: [], pending: [] } }).slice()
    crowd.set([0xff, 0xff], 2)
    expect(() => decodeRequest(crowd)).toThrow('65535 members')
  })
})

describe('records', () => {
  test('come back as they were, and have one encoding', () => {
    fc.assert(
      fc.property(record, (one) => {
        const leaf = encodeLeaf(one)
        expect(plain(decodeLeaf(leaf))).toBe(plain(one))
        expect(equalBytes(encodeLeaf(decodeLeaf(leaf)), leaf)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('damaged, they are refused or are another record with an encoding of its own', () => {
    fc.assert(
      fc.property(
        record.chain((one) => mutated(encodeLeaf(one))),
        (damaged) => {
          const isSound = !decodes(() => decodeLeaf(damaged)) || hasOneEncoding(damaged)
          expect(isSound).toBe(true)
        },
      ),
      { numRuns: 5000 },
    )
  })
})
