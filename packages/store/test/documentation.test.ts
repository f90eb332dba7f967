import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { storeError } from '../src/errors.js'

test('the README lists every error code, and every code that it lists exists', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const listed = [...readme.matchAll(/^\| `(STORE_[A-Z_]+)`/gm)].map(([, code]) => code)
  expect(new Set(listed)).toEqual(new Set(Object.keys(storeError.table)))
})
