import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { HOST_ERRORS } from './errors.js'

test('the README lists every error code with its verdict, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const listed = Array.from(
    readme.matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm),
    ([, code, verdict]) => `${code} ${verdict}`,
  )
  const table = Object.entries(HOST_ERRORS).map(([code, { verdict }]) => `${code} ${verdict}`)
  expect(new Set(listed)).toEqual(new Set(table))
  expect(listed).toHaveLength(table.length)
})
