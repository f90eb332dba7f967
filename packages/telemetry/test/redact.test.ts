import { baseError } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { printable, REDACTED, redactor, SECRET_NAMES } from '../src/index.js'

const show = redactor()

// eslint-disable-next-line no-control-regex -- controls are what it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

describe('redaction', () => {
  test.each([
    'token',
    'Authorization',
    'psk',
    'seed',
    'privateKey',
    'private_key',
    'x-api-key',
    'accessToken',
    'BZZZ_TOKEN',
    'password',
    'Set-Cookie',
    'tokens',
    'clientSecret',
  ])('hides %s at every depth', (name) => {
    const secret = { [name]: 'hush', beside: 1 }
    const shown = show({ ...secret, a: { b: [secret, { c: secret }] } })
    expect(JSON.stringify(shown)).not.toContain('hush')
    expect(shown).toEqual({
      [name]: REDACTED,
      beside: 1,
      a: { b: [{ [name]: REDACTED, beside: 1 }, { c: { [name]: REDACTED, beside: 1 } }] },
    })
  })

  test('leaves what is no secret', () => {
    const fields = { key: '/a', peerId: '12D3', tokenCount: 5, seeded: true, none: null }
    expect(show(fields)).toEqual(fields)
  })

  test('takes further names', () => {
    const own = redactor(['Pin-Code', ''])
    expect(own({ pinCode: 1, user_pin_code: 2, pin: 3 })).toEqual({
      pinCode: REDACTED,
      user_pin_code: REDACTED,
      pin: 3,
    })
  })

  test('hides secrets in what an error carries', () => {
    const error = baseError('TIMEOUT', 'no answer', {
      details: { token: 'hush', peer: 'a' },
      cause: Object.assign(new Error('inner'), { password: 'hush' }),
    })
    const shown = show({ error })
    expect(JSON.stringify(shown)).not.toContain('hush')
    expect(shown).toMatchObject({
      error: {
        code: 'TIMEOUT',
        message: 'no answer',
        details: { token: REDACTED, peer: 'a' },
        cause: { message: 'inner', password: REDACTED },
      },
    })
  })

  test('shows bytes by their length, and containers by their size', () => {
    const shown = show({
      value: Uint8Array.of(1, 2, 3),
      buffer: Buffer.from('hush'),
      map: new Map([['token', 'hush']]),
      set: new Set(['hush']),
    })
    expect(shown).toEqual({
      value: '[3 bytes]',
      buffer: '[4 bytes]',
      map: '[Map of 1]',
      set: '[Set of 1]',
    })
  })

  test('cuts cycles, depth, width and length', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(show({ cycle })).toEqual({ cycle: { self: '[circular]' } })
    let deep: object = { token: 'hush' }
    for (let i = 0; i < 100_000; i++) deep = { deep }
    expect(JSON.stringify(show({ deep }))).toContain('"[deeper]"')
    const row = Array.from({ length: 10_000 }, () => 'x')
    const wide = Array.from({ length: 10_000 }, () => row)
    expect(JSON.stringify(show({ wide })).length).toBeLessThan(5000)
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${String(i)}`, i]))
    expect(Object.keys(show({ many })['many'] as object)).toHaveLength(50)
    expect(JSON.stringify(show({ long: 'x'.repeat(1_000_000) })).length).toBeLessThan(2100)
    expect(show({ twice: [cycle, cycle] })).toEqual({
      twice: [{ self: '[circular]' }, { self: '[circular]' }],
    })
  })

  test('shows what JSON cannot hold', () => {
    const shown = show({ big: 10n, nan: Number.NaN, f: () => 1, s: Symbol('s'), d: new Date(0) })
    expect(shown).toEqual({
      big: '10',
      nan: 'NaN',
      f: '[function]',
      s: '[symbol]',
      d: '1970-01-01T00:00:00.000Z',
    })
    expect(show({ d: new Date(Number.NaN) })).toEqual({ d: null })
  })

  test('survives what throws while it is read', () => {
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(show({ hostile })).toEqual({ fields: '[unreadable]' })
  })

  test('gives something that JSON takes, and no secret, for anything', () => {
    const name = fc.oneof(fc.constantFrom(...SECRET_NAMES), fc.string())
    const fields = fc.dictionary(name, fc.anything({ withBigInt: true, withTypedArray: true }))
    fc.assert(
      fc.property(fields, (each) => {
        expect(typeof JSON.stringify(show(each))).toBe('string')
      }),
    )
  })
})

describe('printable text', () => {
  test('has no mark that acts on a terminal or a reader beyond what JSON escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = JSON.stringify(printable(text))
        expect(shown).not.toMatch(UNSAFE)
        expect(shown.isWellFormed()).toBe(true)
      }),
    )
    expect(printable('a\u009b31mb\u202ec')).toBe('a\\u009b31mb\\u202ec')
    expect(printable('\ud800')).toBe('\ufffd')
  })
})
