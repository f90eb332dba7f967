import { basename } from 'node:path'
import { followFile, openToRead, rotatedFiles } from './audit-chain.js'
import type { AuditHead } from './audit-line.js'

/** What an audit log proves of itself. */
export type AuditReport = {
  readonly files: number
  readonly entries: number
  /** Number of the oldest entry; above 1, older files were removed, by rotation or by hand. 0: none. */
  readonly first: number
  /** The last good line; undefined when there is none. */
  readonly head: AuditHead | undefined
} & (
  | {
      readonly isIntact: true
      /** Bytes of a line that a crash, or a write at this moment, has left without its end. */
      readonly tornBytes: number
    }
  | {
      readonly isIntact: false
      /** Where it breaks: the name of the file and the number of the line in it, from 1. */
      readonly file: string
      readonly line: number
      readonly problem: string
    }
)

export interface VerifyAuditOptions {
  /** A line known from before: it must be there, as it was. Finds what was cut off at the end. */
  readonly head?: AuditHead | undefined
}

/**
 * Follows the chain through all files of an audit log. A line that was changed, removed, added or
 * moved is found, and told where. What cannot be told from the files alone is whether lines at the end
 * are missing, or whether all was written anew: for that, give a head that was kept elsewhere.
 */
export const verifyAuditFile = async (
  path: string,
  options: VerifyAuditOptions = {},
): Promise<AuditReport> => {
  const expected = options.head
  let found = { files: 0, entries: 0, first: 0, head: undefined as AuditHead | undefined }
  let tornBytes = 0
  const broken = (file: string, line: number, problem: string): AuditReport => ({
    ...found,
    isIntact: false,
    file: basename(file),
    line,
    problem,
  })
  for (const file of [...(await rotatedFiles(path)), path]) {
    await using handle = await openToRead(file)
    if (handle === undefined) continue
    const part = await followFile(handle, found.head, expected)
    found = {
      files: found.files + 1,
      entries: found.entries + part.lines,
      first: found.first === 0 ? (part.first ?? 0) : found.first,
      head: part.head,
    }
    if (part.problem !== undefined) return broken(file, part.lines + 1, part.problem)
    if (file === path && found.files === 1 && found.first > 1)
      return broken(file, 1, `has the number ${String(found.first)}, and no file is before it`)
    const isNamed = file === path || file.endsWith(String(part.first ?? '').padStart(16, '0'))
    if (!isNamed) return broken(file, 1, 'is not the line that the name of its file tells')
    if (file !== path && part.tornBytes > 0)
      return broken(file, part.lines + 1, 'has no end, and is not in the newest file')
    tornBytes = part.tornBytes
  }
  if (expected !== undefined && (found.head?.seq ?? 0) < expected.seq)
    return broken(path, 0, `ends before line ${String(expected.seq)}, which was there`)
  return { ...found, isIntact: true, tornBytes }
}
