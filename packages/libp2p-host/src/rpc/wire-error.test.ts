import { baseError, BzzzError, ByteWriter, codeOf, verdictOf } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { decodeError, encodeError } from './wire-error.js'

const row = (verdict: 'unavailable' | 'answered', http: number, remedy: string) => ({
  verdict,
  http,
  meaning: 'something happened',
  remedy,
})

/** The code of the error in the bytes, or of the error that refuses them. */
const codeRead = (bytes: Uint8Array): string | undefined => {
  try {
    return decodeError(bytes, 'peer').code
  } catch (error) {
    return codeOf(error)
  }
}

describe('errors on the wire', () => {
  test('code, message, verdict, status and remedy cross', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/),
        fc.string({ maxLength: 200, unit: 'binary' }),
        fc.constantFrom('unavailable' as const, 'answered' as const),
        fc.integer({ min: 400, max: 599 }),
        (code, message, verdict, http) => {
          const sent = new BzzzError(code, row(verdict, http, 'do this'), message)
          const got = decodeError(encodeError(sent), 'peer')
          expect([got.code, got.message, got.verdict, got.http, got.remedy]).toEqual([
            code,
            message.toWellFormed(),
            verdict,
            http,
            'do this',
          ])
        },
      ),
    )
  })

  test('a long text is cut between characters', () => {
    for (const text of ['a'.repeat(5_000), '€'.repeat(5_000), '😀'.repeat(5_000)]) {
      const { message } = decodeError(encodeError(baseError('TIMEOUT', text)), 'peer')
      expect(text.startsWith(message)).toBe(true)
      expect(message.length).toBeGreaterThan(200)
    }
  })

  test('an error without a code does not tell its text', () => {
    const got = decodeError(encodeError(new Error('password is hunter2')), 'peer')
    expect(codeOf(got)).toBe('REQUEST_FAILED')
    expect(got.message).not.toContain('hunter2')
    for (const thrown of [undefined, null, 'text', { code: 'not a code' }, { code: 42 }])
      expect(decodeError(encodeError(thrown), 'peer').code).toBe('REQUEST_FAILED')
  })

  test('foreign errors that have a code keep it', () => {
    const got = decodeError(encodeError({ code: 'ENOSPC', message: 'disk full' }), 'peer')
    expect([got.code, verdictOf(got), got.http]).toEqual(['ENOSPC', 'answered', 500])
  })

  test.each([
    ['a code in small letters', 'not_a_code', 503],
    ['no code', '', 503],
    ['a status that is no failure', 'A_CODE', 200],
  ])('%s is refused', (_, code, http) => {
    const bytes = new ByteWriter().u8(0).u16(http).text(code).text('').text('').finish()
    expect(() => decodeError(bytes, 'peer')).toThrow(
      expect.objectContaining({ code: 'FRAME_INVALID' }),
    )
  })

  test('any bytes are an error or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeRead(bytes)).toMatch(/^[A-Z]/)
      }),
      { numRuns: 2_000 },
    )
  })
})
