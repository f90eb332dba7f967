import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { dhtError } from '../src/errors.js'

const dist = new URL('../dist/', import.meta.url)

/** What the built file imports from other packages, through all files that it reaches. */
const packagesOf = (file: URL, seen = new Set<string>()): Set<string> => {
  const packages = new Set<string>()
  if (seen.has(file.href)) return packages
  seen.add(file.href)
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  for (const [, name = ''] of imports) {
    if (!name.startsWith('.')) packages.add(name)
    else for (const one of packagesOf(new URL(name, file), seen)) packages.add(one)
  }
  return packages
}

describe('the built package', () => {
  test.each([
    ['index.js', ['@bzzz/base']],
    ['contract/index.js', ['@bzzz/base', '@bzzz/base/check']],
  ])('%s reaches its ground and nothing else', (name, expected) => {
    expect([...packagesOf(new URL(name, dist))].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      expected,
    )
  })
})

test('the README lists every error code as it is, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = Array.from(
    readme.matchAll(/^\| `([A-Z_]+)` +\| (\w+) +\| (.+?) +\|$/gm),
    ([, code, verdict, meaning]) => ({ code, verdict, meaning }),
  )
  expect(rows).toEqual(
    Object.entries(dhtError.table).map(([code, { verdict, meaning }]) => ({
      code,
      verdict,
      meaning,
    })),
  )
})
