import { utf8 } from '@bzzz/base'
import type { HashParts } from './keys.js'

/**
 * What is hashed starts with what it is, so that no leaf can pass for an inner node and no hash
 * of another protocol for either.
 */
const LEAF = utf8('bzzz/batch-leaf/1\0')
const NODE = utf8('bzzz/batch-node/1\0')

export const HASH_BYTES = 32

export interface MerkleTree {
  readonly root: Uint8Array
  /** The siblings from each leaf up to the root, in the order of the leaves. */
  readonly paths: readonly (readonly Uint8Array[])[]
}

export const leafHash = (hash: HashParts, leaf: Uint8Array): Uint8Array => hash(LEAF, leaf)

/**
 * The tree of RFC 9162, section 2.1, level by level: a node without a partner rises unchanged.
 * (Hashing it with itself, as Bitcoin does, gives two batches of different length one root.)
 */
export const buildTree = (hash: HashParts, leaves: readonly Uint8Array[]): MerkleTree => {
  const paths = leaves.map((): Uint8Array[] => [])
  let level = leaves.map((leaf) => leafHash(hash, leaf))
  for (let height = 0; level.length > 1; height++) {
    for (const [index, path] of paths.entries()) {
      const sibling = level[(index >> height) ^ 1]
      if (sibling !== undefined) path.push(sibling)
    }
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array
      const right = level[i + 1]
      above.push(right === undefined ? left : hash(NODE, left, right))
    }
    level = above
  }
  return { root: level[0] ?? new Uint8Array(HASH_BYTES), paths }
}

/** Hashes on the way from leaf `index` of `count` to the root: fewer where a node rises alone. */
export const pathLength = (index: number, count: number): number => {
  let length = 0
  for (let at = index, last = count - 1; last > 0; at >>= 1, last >>= 1)
    if (at % 2 === 1 || at < last) length++
  return length
}

/**
 * The root that leaf `index` of `count` and its path lead to; `path` is the concatenation of
 * `pathLength(index, count)` hashes. The position alone says which side each sibling is on.
 */
export const rootFrom = (
  hash: HashParts,
  leaf: Uint8Array,
  position: { readonly index: number; readonly count: number },
  path: Uint8Array,
): Uint8Array => {
  let node = leafHash(hash, leaf)
  let offset = 0
  let at = position.index
  for (let last = position.count - 1; last > 0; at >>= 1, last >>= 1) {
    if (at % 2 === 0 && at === last) continue
    const sibling = path.subarray(offset, (offset += HASH_BYTES))
    node = at % 2 === 1 ? hash(NODE, sibling, node) : hash(NODE, node, sibling)
  }
  return node
}
