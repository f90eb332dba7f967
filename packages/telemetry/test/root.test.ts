import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const dist = new URL('../dist/', import.meta.url)

/** Everything that the built file imports, files followed to their own imports. */
const reached = (file: URL, seen = new Set<string>()): Set<string> => {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  for (const [, name] of imports) {
    if (name === undefined) continue
    if (name.startsWith('.')) reached(new URL(name, file), seen)
    else seen.add(name)
  }
  return seen
}

test('the built root reaches no Node builtin and no package but @bzzz/base', () => {
  const all = Array.from(reached(new URL('index.js', dist)))
  expect(all.length).toBeGreaterThan(5)
  expect(all.filter((each) => !each.startsWith(dist.href))).toEqual(['@bzzz/base'])
  expect(all.filter((each) => each.includes('/dist/node/'))).toEqual([])
})
