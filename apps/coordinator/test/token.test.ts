import { describe, expect, test } from '@jest/globals'
import { createTokenCheck } from '../src/http/token.js'

const token = 'mC3-kE_pQ0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'

describe('the token check', () => {
  const check = createTokenCheck(token)

  test.each([`Bearer ${token}`, `bearer ${token}`])('takes %p', (header) => {
    expect(check(header)).toBe(true)
  })

  test.each([
    undefined,
    '',
    token,
    'Bearer',
    'Bearer ',
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Bearer ${token.toUpperCase()}`,
    `Bearer ${token} ${token}`,
  ])('refuses %p', (header) => {
    expect(check(header)).toBe(false)
  })

  test('an empty token opens nothing', () => {
    const empty = createTokenCheck('')
    expect(empty(undefined)).toBe(false)
    expect(empty('Bearer ')).toBe(false)
  })
})
