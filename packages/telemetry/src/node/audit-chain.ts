import { open, readdir, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '@bzzz/base'
import { AUDIT_LINE_BYTES_MAX, readAuditLine, type AuditHead } from './audit-line.js'

const CHUNK_BYTES = 64 * 1024

const NEWLINE = 0x0a

/** Digits of the number in the name of a file that rotation put aside. */
const NUMBER_DIGITS = 16

/** What one file holds, as far as its lines follow each other. */
export interface ChainPart {
  /** Number of its first line; undefined when it has none. */
  readonly first: number | undefined
  /** Its last good line, or what was before it. */
  readonly head: AuditHead | undefined
  readonly lines: number
  /** Bytes of its good lines. */
  readonly bytes: number
  /** Bytes after the last line's end: a write that a crash cut off. */
  readonly tornBytes: number
  /** Why the line after the good ones is not one of them; undefined when all are good. */
  readonly problem: string | undefined
}

/** The lines of a file without their ends, then what follows the last end. */
async function* linesOf(handle: FileHandle): AsyncGenerator<{ bytes: Buffer; isWhole: boolean }> {
  let rest = Buffer.alloc(0)
  let position = 0
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position)
    if (bytesRead === 0) break
    position += bytesRead
    let text = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE)) {
      yield { bytes: text.subarray(0, end), isWhole: true }
      text = text.subarray(end + 1)
    }
    rest = text
    // Nobody reads on in a file that is one endless line.
    if (rest.length > AUDIT_LINE_BYTES_MAX) break
  }
  if (rest.length > 0) yield { bytes: rest, isWhole: false }
}

/**
 * Follows the lines of one file from `before`; undefined takes any first line. Where a line has the
 * number of `expected`, it must have its hash.
 */
export const followFile = async (
  handle: FileHandle,
  before: AuditHead | undefined,
  expected: AuditHead | undefined,
): Promise<ChainPart> => {
  let head = before
  let first: number | undefined
  let lines = 0
  let bytes = 0
  const part = (tornBytes: number, problem?: string): ChainPart => ({
    first,
    head,
    lines,
    bytes,
    tornBytes,
    problem,
  })
  for await (const { bytes: line, isWhole } of linesOf(handle)) {
    if (line.length > AUDIT_LINE_BYTES_MAX) return part(0, 'is too long for an audit line')
    if (!isWhole) return part(line.length)
    const next = readAuditLine(line, head)
    if (typeof next === 'string') return part(0, next)
    if (next.seq === expected?.seq && next.hash !== expected.hash)
      return part(0, 'is not the line that was written here')
    head = next
    first ??= next.seq
    lines++
    bytes += line.length + 1
  }
  return part(0)
}

/** The name under which rotation puts a file aside, after the number of its first line. */
export const rotatedName = (path: string, first: number): string =>
  `${path}.${String(first).padStart(NUMBER_DIGITS, '0')}`

/** The files that rotation put aside, oldest first. */
export const rotatedFiles = async (path: string): Promise<string[]> => {
  const names = await readdir(dirname(path))
  const start = `${basename(path)}.`
  return names
    .filter((name) => name.startsWith(start))
    .filter((name) => /^\d+$/.test(name.slice(start.length)))
    .filter((name) => name.length === start.length + NUMBER_DIGITS)
    .toSorted()
    .map((name) => join(dirname(path), name))
}

/** Opens a file for reading; undefined when there is none. */
export const openToRead = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
