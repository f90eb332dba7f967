import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import * as noble from '../src/index.js'
import * as node from '../src/index.node.js'
import { sha256Parts as nobleParts } from '../src/noble/sha256.js'
import { sha256Parts as nodeParts } from '../src/node/sha256.js'

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('the two builds', () => {
  test('export the same names', () => {
    expect(Object.keys(node).toSorted()).toEqual(Object.keys(noble).toSorted())
  })

  test('hash to equal bytes', () => {
    fc.assert(
      fc.property(bytes(300), (message) => {
        expect(node.sha256(message)).toEqual(noble.sha256(message))
      }),
    )
  })

  test('hash parts as their concatenation, short and long', () => {
    const part = fc.oneof(bytes(100), fc.constant(new Uint8Array(5000).fill(3)))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const whole = noble.sha256(Uint8Array.from(parts.flatMap((each) => Array.from(each))))
        expect(nodeParts(...parts)).toEqual(whole)
        expect(nobleParts(...parts)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  test('sign to equal bytes, and verify each other', () => {
    fc.assert(
      fc.property(seed, bytes(200), (secret, message) => {
        const [a, b] = [node.createSigner(secret), noble.createSigner(secret)]
        expect([b.publicKey, b.peerId]).toEqual([a.publicKey, a.peerId])
        expect(b.sign(message)).toEqual(a.sign(message))
        expect(noble.verify(a.publicKey, message, a.sign(message))).toBe(true)
        expect(node.verify(b.publicKey, message, b.sign(message))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('attest batches with equal bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes(40), { maxLength: 20 }), (leaves) => {
        const secret = new Uint8Array(32).fill(4)
        const made = node.signBatch(node.createSigner(secret), leaves)
        expect(noble.signBatch(noble.createSigner(secret), leaves)).toEqual(made)
      }),
      { numRuns: 25 },
    )
  })
})

/** Files of the default build: everything but `node/` and `index.node`. */
const defaultSources = (): string[] => {
  const root = new URL('../src/', import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('node/') && name !== 'index.node.ts')
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
}

test('the default build imports no Node builtin and no Node file', () => {
  const imports = defaultSources().flatMap((source) =>
    Array.from(source.matchAll(/from '([^']+)'/g), ([, from]) => from ?? ''),
  )
  expect(imports.length).toBeGreaterThan(10)
  const allowed = /^(?:\.\.?\/(?!.*node\/)|@bzzz\/base$|@noble\/|multiformats\/)/
  expect(imports.filter((from) => !allowed.test(from))).toEqual([])
})
