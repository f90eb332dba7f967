import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VALUE_BYTES_MAX } from '@bzzz/dht-core'

/** What a directory holds, as `bzzz import` sees it. */
export type Found =
  | { readonly kind: 'file'; readonly path: string; readonly relative: string }
  | { readonly kind: 'skipped'; readonly relative: string; readonly reason: string }
  /** A directory or file that could not be looked at. */
  | { readonly kind: 'unreadable'; readonly relative: string; readonly error: unknown }

export interface WalkOptions {
  /** Take names that begin with a dot as well, except `.git`. Default false. */
  readonly hidden?: boolean | undefined
}

const NEVER: ReadonlySet<string> = new Set(['.git', 'node_modules'])

/** Deeper trees are links mounted into each other, or an attack on the path length. */
const DEPTH_MAX = 64

const skipped = (relative: string, reason: string): Found => ({ kind: 'skipped', relative, reason })

const reasonAgainstName = (name: string, hidden: boolean): string | undefined => {
  if (NEVER.has(name)) return `${name} is never imported`
  if (name.startsWith('.') && !hidden) return 'hidden'
  // Node decodes names that are not UTF-8 with U+FFFD: the path would not be found again.
  return name.includes('\uFFFD') ? 'its name is not UTF-8' : undefined
}

const unreadable = (relative: string, error: unknown): Found => ({
  kind: 'unreadable',
  relative,
  error,
})

/** What one directory entry is, or `directory` when it has to be gone into. */
const inspect = async (path: string, relative: string): Promise<Found | 'directory'> => {
  let stats
  try {
    stats = await lstat(path)
  } catch (error) {
    return unreadable(relative, error)
  }
  if (stats.isSymbolicLink()) return skipped(relative, 'symbolic link')
  if (stats.isDirectory()) return 'directory'
  if (!stats.isFile()) return skipped(relative, 'not a regular file')
  if (stats.size > VALUE_BYTES_MAX)
    return skipped(relative, `${stats.size} bytes: a value holds at most ${VALUE_BYTES_MAX}`)
  return { kind: 'file', path, relative }
}

/**
 * Every file below `root` in order of names, and what is left out with its reason. Symbolic links
 * are not followed: they could lead anywhere. Throws only when `root` itself cannot be read.
 */
export async function* walk(
  root: string,
  { hidden = false }: WalkOptions = {},
  prefix = '',
  depth = 0,
): AsyncGenerator<Found> {
  let names: readonly string[]
  try {
    names = (await readdir(join(root, prefix))).toSorted()
  } catch (error) {
    if (prefix === '') throw error
    yield unreadable(prefix, error)
    return
  }
  for (const name of names) {
    const relative = prefix === '' ? name : `${prefix}/${name}`
    const reason = reasonAgainstName(name, hidden)
    if (reason !== undefined) yield skipped(relative, reason)
    else {
      const found = await inspect(join(root, relative), relative)
      if (found !== 'directory') yield found
      else if (depth >= DEPTH_MAX) yield skipped(relative, `deeper than ${DEPTH_MAX} directories`)
      else yield* walk(root, { hidden }, relative, depth + 1)
    }
  }
}
