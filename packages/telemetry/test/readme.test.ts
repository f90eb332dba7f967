import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { TELEMETRY_ERRORS } from '../src/errors.js'

test('the README lists every error code as it is, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = Array.from(
    readme.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm),
    ([, code, meaning]) => ({ code, meaning }),
  )
  const table = Object.entries(TELEMETRY_ERRORS).map(([code, { meaning }]) => ({ code, meaning }))
  expect(rows).toEqual(table)
})
