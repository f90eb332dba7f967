import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { TARGET_CHARS_MAX } from '../src/limits.js'
import { formatTarget, parseTarget } from '../src/target.js'
import { refusal } from './helpers.js'

const RECORDS = '/v1/records/*'

describe('keys in addresses', () => {
  test.each([
    ['notes/plan', '/v1/records/notes/plan'],
    ['a b?#&=+%', '/v1/records/a%20b%3F%23%26%3D%2B%25'],
    ['ü', '/v1/records/%C3%BC'],
    ['/x', '/v1/records/?key=%2Fx'],
    ['a//b', '/v1/records/?key=a%2F%2Fb'],
    ['a/../b', '/v1/records/?key=a%2F..%2Fb'],
    ['.', '/v1/records/?key=.'],
    ['__proto__', '/v1/records/__proto__'],
  ])('%j', (key, target) => {
    expect(formatTarget(RECORDS, { key })).toBe(target)
    expect(parseTarget(RECORDS, target)).toEqual({ key })
  })

  test('any key comes back through a URL parser', () => {
    const hostile = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      '%2e',
      '%',
      '?',
      '#',
      '+',
      '&',
      ' ',
      'a',
      '\u0000',
      '\n',
    )
    const keys = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.array(hostile, { minLength: 1 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(keys, fc.string({ unit: 'grapheme' }), (key, opId) => {
        const url = new URL(`http://127.0.0.1:1${formatTarget(RECORDS, { key, opId })}`)
        expect(parseTarget(RECORDS, url.pathname + url.search)).toEqual({ key, opId })
      }),
      { numRuns: 1000 },
    )
  })

  test('a parameter called __proto__ is a parameter', () => {
    const texts = parseTarget('/v1/status', '/v1/status?__proto__=1')
    expect(Object.keys(texts)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(texts)).toBe(Object.prototype)
  })
})

test.each([
  [RECORDS, '/v1/records/a%', /API_REQUEST_INVALID: .*percent/],
  [RECORDS, '/v1/records/%ff', /API_REQUEST_INVALID: .*percent/],
  [RECORDS, '/v1/records/a?key=b', /API_REQUEST_INVALID: "key" is stated twice/],
  [RECORDS, '/v1/records/a?x=1&x=2', /API_REQUEST_INVALID: "x" is stated twice/],
  [RECORDS, '/v1/other/a', /API_ROUTE_UNKNOWN/],
  ['/v1/status', '/v1/statusx', /API_ROUTE_UNKNOWN/],
  [RECORDS, `/v1/records/${'x'.repeat(TARGET_CHARS_MAX)}`, /API_REQUEST_INVALID: .*characters/],
])('%s refuses %s', (template, target, sentence) =>
  expect(refusal(() => parseTarget(template, target))).toMatch(sentence),
)
