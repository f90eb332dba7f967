import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { fromBase64, toBase64 } from '../src/base64.js'
import { formatVersion, parseVersion, readVersion } from '../src/version.js'
import { refusal } from './helpers.js'

const versions = fc.record({
  wallMs: fc.maxSafeNat(),
  counter: fc.nat({ max: 0xffff }),
  writer: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }),
})

describe('version', () => {
  test('is read back, and its text fits an ETag and a URL', () => {
    fc.assert(
      fc.property(versions, (version) => {
        const text = formatVersion(version)
        expect(parseVersion(text)).toEqual(version)
        expect(text).toMatch(/^[\x21\x23-\x7e]+$/)
        expect(encodeURI(text)).toBe(text.replaceAll('%', '%25'))
      }),
    )
  })

  test.each([
    '',
    '1.2',
    '1.2.',
    '01.2.me',
    '1.02.me',
    '1.65536.me',
    '9999999999999999.0.me',
    '9007199254740992.0.me',
    '-1.0.me',
    '1.0.a b',
    '1.0.%61',
    '1.0.%',
    '1.0.%ff',
    `1.0.${'x'.repeat(385)}`,
  ])('refuses %j', (text) => {
    expect(readVersion(text)).toBeUndefined()
    expect(refusal(() => parseVersion(text))).toMatch(/^API_REQUEST_INVALID: a version reads/)
  })
})

describe('base64', () => {
  test('agrees with Buffer, whatever the length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (value) => {
        const text = toBase64(value)
        expect(text).toBe(Buffer.from(value).toString('base64'))
        expect(fromBase64(text)).toEqual(new Uint8Array(value))
      }),
    )
    const large = Uint8Array.from({ length: 20_001 }, (_, at) => at * 7)
    expect(toBase64(large)).toBe(Buffer.from(large).toString('base64'))
    expect(fromBase64(toBase64(large))).toEqual(large)
  })

  test.each(['a', 'ab', 'abc', 'a===', 'ab=c', 'ab==ab==', 'a-_=', 'abcd ', '====', 'é==='])(
    'refuses %j',
    (text) => expect(fromBase64(text)).toBeUndefined(),
  )
})
