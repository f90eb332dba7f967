import { describe, expect, test } from '@jest/globals'
import { dhtError } from '@bzzz/dht-core'
import * as fc from 'fast-check'
import {
  decodeError,
  decodeOutput,
  encodeError,
  encodeOutput,
  encodeResponse,
} from '../src/response.js'
import { bytes, RECEIPT, refusal, VERSION } from './helpers.js'

const record = (value: Uint8Array) => ({ key: 'k', value, version: VERSION, expiresAtMs: 5 })
const over = (wire: unknown): unknown => JSON.parse(JSON.stringify(wire))

describe('records', () => {
  test('text as text, bytes as base64, and read back', () => {
    expect(encodeOutput('get', record(bytes('ü')))).toMatchObject({ value: 'ü', encoding: 'utf8' })
    expect(encodeOutput('get', record(new Uint8Array([255])))).toMatchObject({
      value: '/w==',
      encoding: 'base64',
    })
    fc.assert(
      fc.property(fc.uint8Array(), (raw) => {
        const output = record(new Uint8Array(raw))
        expect(decodeOutput('get', over(encodeOutput('get', output)))).toEqual(output)
      }),
    )
  })

  test('a byte order mark is part of the value', () => {
    const value = new Uint8Array([0xef, 0xbb, 0xbf, 0x61])
    expect(decodeOutput('get', over(encodeOutput('get', record(value)))).value).toEqual(value)
  })

  test('the version of a coordinator is no ETag', () => {
    const identity = { peerId: 'p', multiaddrs: [], version: '1.0.0', contract: 'dht/1' }
    expect(encodeResponse('identity', identity).headers).not.toHaveProperty('etag')
  })

  test('the texts and lists of a node have bounds', () => {
    const identity = { peerId: 'p', multiaddrs: [], version: '1.0.0', contract: 'dht/1' }
    const many = Array.from({ length: 1025 }, () => 'x')
    for (const change of [{ version: 'x'.repeat(1025) }, { multiaddrs: many }])
      expect(refusal(() => decodeOutput('identity', { ...identity, ...change }))).toMatch(
        'API_RESPONSE_INVALID',
      )
  })

  test('JSON, or bare bytes for who asks for them', () => {
    const output = record(bytes('hi'))
    const etag = '"1700000000000.7.12D3KooWme"'
    const json = encodeResponse('get', output, '*/*')
    expect(json.headers).toMatchObject({ etag, 'content-type': 'application/json; charset=utf-8' })
    expect(encodeResponse('get', output, 'application/octet-stream')).toEqual({
      status: 200,
      headers: {
        etag,
        'cache-control': 'no-store',
        'content-type': 'application/octet-stream',
        'bzzz-expires-at-ms': '5',
      },
      body: output.value,
    })
  })
})

const refused = (fields: object) => refusal(() => encodeResponse('put', { ...RECEIPT, ...fields }))

describe('receipts', () => {
  test('read back', () => {
    for (const level of ['local', 2] as const) {
      const receipt = { ...RECEIPT, level }
      expect(decodeOutput('put', over(encodeOutput('put', receipt)))).toEqual(receipt)
    }
  })

  test('a pending write is accepted, not done', () => {
    expect(encodeResponse('put', RECEIPT).status).toBe(200)
    expect(encodeResponse('delete', { ...RECEIPT, outcome: 'pending' }).status).toBe(202)
  })

  test('a handler that returns something else is found out', () => {
    expect(refused({ replicas: 0 })).toMatch(/^API_RESPONSE_INVALID: replicas/)
    expect(refused({ version: { ...VERSION, counter: 0x1_0000 } })).toMatch(
      /^API_RESPONSE_INVALID: version.counter/,
    )
  })

  test('an answer of something else is refused, one with new fields is not', () => {
    const wire = encodeOutput('put', RECEIPT) as object
    expect(decodeOutput('put', { ...wire, news: 1 })).toEqual(RECEIPT)
    for (const other of [
      undefined,
      null,
      [],
      {},
      { ...wire, version: 'x' },
      { ...wire, heldBy: 'a' },
    ])
      expect(refusal(() => decodeOutput('put', other))).toMatch(/^API_RESPONSE_INVALID/)
  })
})

describe('errors', () => {
  test('keep code, message, remedy, verdict and details', () => {
    const thrown = dhtError('DHT_UNAVAILABLE', 'two of three', { details: { answered: 2 } })
    const { status, body } = encodeError(thrown, 'id')
    expect([status, body.error.remedy]).toEqual([503, thrown.remedy])
    expect(decodeError(status, over(body))).toMatchObject({
      code: 'DHT_UNAVAILABLE',
      message: 'two of three',
      remedy: thrown.remedy,
      verdict: 'unavailable',
      http: 503,
      details: { answered: 2 },
    })
  })

  test('what is no error of ours gives away nothing but an id', () => {
    const system = Object.assign(new Error('open /etc/secret'), { code: 'ENOENT' })
    for (const thrown of [system, 'secret', undefined, null, { code: 'X', http: '200' }]) {
      const { status, body } = encodeError(thrown, 'incident-7')
      expect([status, body.error.code]).toEqual([500, 'API_INTERNAL'])
      expect(body.error.message).toContain('incident-7')
      expect(JSON.stringify(body)).not.toContain('secret')
    }
  })

  test('details that are circular or long are left out', () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const details of [circular, { text: 'x'.repeat(20_000) }])
      expect(
        encodeError(dhtError('DHT_CONFLICT', 'm', { details }), '').body.error.details,
      ).toEqual({})
  })

  test('an answer that is no error of ours', () => {
    for (const wire of [
      undefined,
      'nginx',
      {},
      { error: { code: 'lower', message: 'm', remedy: 'r' } },
    ])
      expect(decodeError(502, wire)).toMatchObject({
        code: 'API_RESPONSE_INVALID',
        details: { status: 502 },
      })
  })
})
