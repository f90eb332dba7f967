import { readFileSync } from 'node:fs'
import * as noble from '../src/index.js'
import * as node from '../src/index.node.js'

/** Both builds, so that every statement is checked for each. */
export const builds: readonly (readonly [string, typeof noble])[] = [
  ['node', node],
  ['noble', noble],
]

/** A file of the repository's language-neutral vectors. */
export const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../vectors/crypto/${name}.json`, import.meta.url), 'utf8'))

export const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** The item at an index that must exist. */
export const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${String(index)}`)
  return item
}

/** A copy with one bit changed. */
export const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
