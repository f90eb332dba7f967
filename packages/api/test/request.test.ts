import { describe, expect, test } from '@jest/globals'
import { KEY_BYTES_MAX as CONTRACT_KEY, VALUE_BYTES_MAX as CONTRACT_VALUE } from '@bzzz/dht-core'
import * as fc from 'fast-check'
import { KEY_BYTES_MAX, TARGET_CHARS_MAX, VALUE_BYTES_MAX } from '../src/limits.js'
import type { InputOf } from '../src/operations.js'
import { decodeRequest, encodeRequest } from '../src/request.js'
import { bytes, PUT, refusal, VERSION } from './helpers.js'

const receive = (target: string, body?: unknown, headers = {}) =>
  decodeRequest('put', { target, headers, body })

const put = (body: unknown): InputOf<'put'> => receive('/v1/records/k', body)

const level = (text: string) => receive(`/v1/records/k?level=${text}`, bytes('')).level

const withHeaders = (headers: object, query = '') =>
  receive(`/v1/records/k${query}`, bytes(''), headers)

const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

test('limits are those of the contract, and the longest key fits an address', () => {
  expect([KEY_BYTES_MAX, VALUE_BYTES_MAX]).toEqual([CONTRACT_KEY, CONTRACT_VALUE])
  const key = '\u0001'.repeat(KEY_BYTES_MAX)
  const input = { ...PUT, key, opId: 'x'.repeat(64), expectedVersion: VERSION, timeoutMs: 60_000 }
  expect(encodeRequest('put', input).target.length).toBeLessThan(TARGET_CHARS_MAX)
})

describe('keys', () => {
  test.each([
    ['', /API_REQUEST_INVALID: key: /],
    ['x'.repeat(KEY_BYTES_MAX + 1), /key: the key has more than 1024 bytes/],
    ['ü'.repeat(KEY_BYTES_MAX / 2 + 1), /key: the key is longer than 1024 bytes/],
  ])('refuses %j', (key, sentence) => {
    expect(refusal(() => receive(`/v1/records/${encodeURIComponent(key)}`, bytes('')))).toMatch(
      sentence,
    )
    expect(refusal(() => encodeRequest('put', { ...PUT, key }))).toMatch(sentence)
  })

  test('half a character is refused before it reaches a URL', () => {
    expect(refusal(() => encodeRequest('get', { key: '\ud800' }))).toMatch(
      /^API_REQUEST_INVALID: key/,
    )
  })

  test('takes the longest', () => {
    const key = 'ü'.repeat(KEY_BYTES_MAX / 2)
    expect(receive(`/v1/records/${encodeURIComponent(key)}`, bytes('')).key).toBe(key)
  })
})

describe('values', () => {
  test('bytes are the value itself, JSON carries text or base64', () => {
    const raw = new Uint8Array([0, 255])
    expect(put(raw).value).toBe(raw)
    expect(put({ value: 'ü' }).value).toEqual(bytes('ü'))
    expect(put({ value: '', encoding: 'utf8' }).value).toEqual(new Uint8Array())
    expect(put({ value: 'AP8=', encoding: 'base64' }).value).toEqual(raw)
  })

  test('1 MiB fits, one byte more does not, in any form', () => {
    const full = 'x'.repeat(VALUE_BYTES_MAX)
    const base64 = Buffer.from(full).toString('base64')
    expect(put(bytes(full)).value).toHaveLength(VALUE_BYTES_MAX)
    expect(put({ value: full }).value).toHaveLength(VALUE_BYTES_MAX)
    expect(put({ value: base64, encoding: 'base64' }).value).toHaveLength(VALUE_BYTES_MAX)
    expect(refusal(() => put(bytes(`${full}x`)))).toMatch(/^API_BODY_TOO_LARGE/)
    expect(refusal(() => put({ value: `${full}x` }))).toMatch(/^API_BODY_TOO_LARGE/)
    expect(refusal(() => put({ value: `${base64}AAAA`, encoding: 'base64' }))).toMatch(
      /^API_BODY_TOO_LARGE/,
    )
    // As long as the longest text, and two bytes per character.
    expect(refusal(() => put({ value: 'ü'.repeat(VALUE_BYTES_MAX) }))).toMatch(/longer than 1 MiB/)
    expect(refusal(() => encodeRequest('put', { key: 'k', value: bytes(`${full}x`) }))).toMatch(
      /^API_BODY_TOO_LARGE/,
    )
  })

  test.each([
    [undefined, /value/],
    [null, /value/],
    ['text', /value/],
    [[1], /value/],
    [{}, /value.value/],
    [{ value: 5 }, /value.value/],
    [{ value: 'a', encoding: 'hex' }, /value.encoding/],
    [{ value: 'a', extra: 1 }, /extra/],
    [{ value: 'abc', encoding: 'base64' }, /padded base64/],
    [{ value: '\udc00' }, /half a character/],
  ])('refuses the body %j', (body, sentence) =>
    expect(refusal(() => put(body))).toMatch(
      new RegExp(`^API_REQUEST_INVALID: .*${sentence.source}`),
    ),
  )

  test('in the address, a value is refused', () => {
    expect(refusal(() => receive('/v1/records/k?value=x', bytes('')))).toMatch(/goes into the body/)
  })
})

describe('options', () => {
  test('levels', () => {
    expect(['local', 'quorum', 'all', '3'].map(level)).toEqual(['local', 'quorum', 'all', 3])
    for (const text of ['', '0', '-1', '1.5', 'Quorum', '1000'])
      expect(refusal(() => level(text))).toMatch(/level: write local, quorum, all/)
  })

  test.each([
    ['timeoutMs=0', /timeoutMs/],
    ['timeoutMs=60001', /timeoutMs/],
    ['timeoutMs=', /timeoutMs: write a whole number/],
    ['timeoutMs=1e3', /timeoutMs: write a whole number/],
    ['opId=a%20b', /opId: write 1 to 64/],
    [`opId=${'x'.repeat(65)}`, /opId/],
    ['expectedVersion=5', /expectedVersion/],
    ['expiresAtMs=-1', /expiresAtMs/],
    ['unknown=1', /unknown/],
    ['__proto__=1', /__proto__/],
  ])('refuses %s', (query, sentence) =>
    expect(refusal(() => receive(`/v1/records/k?${query}`, bytes('')))).toMatch(
      new RegExp(`^API_REQUEST_INVALID: .*${sentence.source}`),
    ),
  )

  test('conditions as headers', () => {
    expect(withHeaders({ 'if-match': '"5.1.me"' }).expectedVersion).toEqual({
      wallMs: 5,
      counter: 1,
      writer: 'me',
    })
    expect(withHeaders({ 'if-none-match': '*' }).expectedVersion).toBeNull()
    for (const headers of [
      { 'if-match': '*' },
      { 'if-match': '5.1.me' },
      { 'if-match': '"5.1.me", "6.1.me"' },
      { 'if-match': ['"5.1.me"', '"6.1.me"'] },
      { 'if-match': '"5.1.me"', 'if-none-match': '*' },
      { 'if-none-match': '"5.1.me"' },
    ])
      expect(refusal(() => withHeaders(headers))).toMatch(/^API_REQUEST_INVALID: If-/)
    expect(refusal(() => withHeaders({ 'if-none-match': '*' }, '?expectedVersion=absent'))).toMatch(
      /stated twice/,
    )
  })

  test('a read has no condition, so its headers are left alone', () => {
    const target = '/v1/records/k'
    expect(decodeRequest('get', { target, headers: { 'if-none-match': '"x"' } })).toEqual({
      key: 'k',
    })
  })
})

test('what a client encodes, a server decodes', () => {
  const inputs = fc.record({
    key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
    value: fc.uint8Array({ maxLength: 64 }).map((value) => new Uint8Array(value)),
    level: option(
      fc.oneof(fc.constantFrom('local', 'quorum', 'all'), fc.integer({ min: 1, max: 999 })),
    ),
    timeoutMs: option(fc.integer({ min: 1, max: 60_000 })),
    opId: option(fc.stringMatching(/^[\w-]{1,64}$/)),
    expiresAtMs: option(fc.nat()),
    expectedVersion: option(
      fc.option(
        fc.record({ wallMs: fc.nat(), counter: fc.nat({ max: 9 }), writer: fc.constant('w é') }),
      ),
    ),
  })
  fc.assert(
    fc.property(inputs, (input) => {
      const request = encodeRequest('put', input)
      const decoded = decodeRequest('put', {
        target: request.target,
        headers: request.headers,
        body: request.body,
      })
      expect(decoded).toEqual(input)
    }),
    { numRuns: 500 },
  )
})
