import { describe, expect, test } from '@jest/globals'
import { defineFields, envNameOf, field, flagNameOf } from '../src/field.js'
import { integerType } from '../src/types/integer.js'

const spec = (path: string, more: object = {}) =>
  field({
    path,
    type: integerType({ min: 0, max: 10 }),
    default: 1,
    doc: 'a number',
    example: '2',
    ...more,
  })

const refusal = (fields: Record<string, ReturnType<typeof spec>>): string => {
  try {
    defineFields(fields)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('names derive from the path by one rule', () => {
  expect(envNameOf('bzzz.http.allowed_hosts')).toBe('BZZZ_HTTP_ALLOWED_HOSTS')
  expect(flagNameOf('bzzz.http.allowed_hosts')).toBe('http-allowed-hosts')
  expect(flagNameOf('rustle.connector.endpoints')).toBe('rustle-connector-endpoints')
})

describe('a table that contradicts itself is refused', () => {
  test.each<[string, Record<string, ReturnType<typeof spec>>, RegExp]>([
    ['path', { a: spec('bzzz') }, /needs a path/],
    ['path', { a: spec('bzzz.__proto__') }, /needs a path/],
    ['same path', { a: spec('bzzz.a'), b: spec('bzzz.a') }, /shares its path/],
    [
      'same variable',
      { a: spec('bzzz.a'), b: spec('bzzz.b', { env: 'BZZZ_A' }) },
      /shares its env/,
    ],
    ['same flag', { a: spec('bzzz.a_b'), b: spec('bzzz.a.b', { env: 'X' }) }, /shares its flag/],
    ['value and section', { a: spec('bzzz.a'), b: spec('bzzz.a.b') }, /a value and a section/],
    ['default', { a: spec('bzzz.a', { default: 11 }) }, /default outside of its own type/],
    ['example', { a: spec('bzzz.a', { example: 'x' }) }, /example of another type/],
    ['no default', { a: spec('bzzz.a', { default: undefined }) }, /no default/],
  ])('%s', (_name, fields, sentence) => expect(refusal(fields)).toMatch(sentence))

  test('a sound one is accepted', () => expect(refusal({ a: spec('bzzz.a') })).toBe(''))
})
