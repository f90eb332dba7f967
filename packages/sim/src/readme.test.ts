import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { simError } from './errors.js'

test('the README lists every error code as it is, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = Array.from(
    readme.matchAll(/^\| `([A-Z_]+)` +\| (\w+) +\| (.+?) +\|$/gm),
    ([, code, verdict, meaning]) => ({ code, verdict, meaning }),
  )
  const table = Object.entries(simError.table).map(([code, { verdict, meaning }]) => ({
    code,
    verdict,
    meaning,
  }))
  expect(rows).toEqual(table)
})
