import { describe, expect, test } from '@jest/globals'
import { BASE_ERRORS, baseError } from '../src/base-errors.js'
import { codeOf, defineErrors, messageOf, verdictOf } from '../src/errors.js'

const shopError = defineErrors({
  SHOP_CLOSED: { verdict: 'unavailable', http: 503, meaning: 'Closed.', remedy: 'Come back.' },
})

describe('errors', () => {
  test('carry their row, message, cause and details', () => {
    const cause = new Error('why')
    const error = shopError('SHOP_CLOSED', 'closed on Sundays', { cause, details: { day: 7 } })
    expect(error).toMatchObject({
      name: 'BzzzError',
      code: 'SHOP_CLOSED',
      verdict: 'unavailable',
      http: 503,
      remedy: 'Come back.',
      message: 'closed on Sundays',
      details: { day: 7 },
    })
    expect(error.cause).toBe(cause)
    expect('cause' in shopError('SHOP_CLOSED', 'x')).toBe(false)
  })

  test.each(['SHOP_OPEN', '__proto__', 'toString', 'constructor'])('no code %s', (code) => {
    expect(() => shopError(code as 'SHOP_CLOSED', 'x')).toThrow('no such error code')
  })

  test('every row of the base table reads as sentences and has a code of its form', () => {
    for (const [code, row] of Object.entries(BASE_ERRORS)) {
      expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/)
      expect(row.meaning).toMatch(/^[A-Z].*\.$/)
      expect(row.remedy).toMatch(/^[A-Z].*\.$/)
      expect(row.http).toBeGreaterThanOrEqual(400)
      expect(baseError(code as keyof typeof BASE_ERRORS, 'x').code).toBe(code)
    }
  })

  test('are told by code, whatever class they have', () => {
    expect(codeOf({ code: 'ENOSPC' })).toBe('ENOSPC')
    for (const none of [undefined, null, 'x', 5, {}, { code: 5 }, new Error('x')])
      expect(codeOf(none)).toBeUndefined()
  })

  test('are an outage only when they say so', () => {
    expect(verdictOf({ verdict: 'unavailable' })).toBe('unavailable')
    for (const other of [undefined, new TypeError('bug'), { verdict: 'answered' }, { verdict: 1 }])
      expect(verdictOf(other)).toBe('answered')
  })

  test('print as text, whatever was thrown', () => {
    expect(messageOf(new Error('why'))).toBe('why')
    expect(messageOf('text')).toBe('text')
    expect(messageOf(undefined)).toBe('undefined')
    expect(messageOf(Symbol('s'))).toBe('Symbol(s)')
    const hostile = [
      Object.create(null),
      Object.defineProperty({}, 'message', {
        get: () => {
          throw new Error('no')
        },
      }),
    ]
    for (const value of hostile)
      expect(messageOf(value)).toBe('a value that cannot be printed was thrown')
  })
})
