import { createHash } from 'node:crypto'
import { codeOf, equalBytes, messageOf, throwIfAborted } from '@bzzz/base'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '@bzzz/dht-core'
import { forEachOf } from './pool.js'
import { readAtMost } from './read-at-most.js'
import { walk, type Found } from './walk.js'

/** The two operations of a coordinator that an import needs. */
export interface ImportTarget {
  /** The record, with its version as text; undefined when there is none. */
  get(key: string): Promise<{ readonly value: Uint8Array; readonly version: string } | undefined>
  put(
    key: string,
    value: Uint8Array,
    opId: string,
  ): Promise<{ readonly outcome: 'acknowledged' | 'pending' }>
}

export interface ImportOptions {
  readonly directory: string
  /** Keys are `<prefix>/<relative path>`; the path alone when empty. */
  readonly prefix: string
  readonly target: ImportTarget
  /** Files in flight at once. Default 8. */
  readonly concurrency?: number | undefined
  readonly hidden?: boolean | undefined
  /** Takes only some of the files, by their relative path. Default: all. */
  readonly accept?: ((relative: string) => boolean) | undefined
  /** Ends the import with `ABORTED`; what was written stays. */
  readonly signal?: AbortSignal | undefined
  /** Called after each file. */
  readonly onProgress?: ((report: ImportReport) => void) | undefined
}

export interface ImportFailure {
  readonly path: string
  readonly code: string | undefined
  readonly message: string
}

/** What became of a directory. */
export interface ImportReport {
  /** Written and acknowledged at the level asked for. */
  imported: number
  /** Written, and still on the way to that level. */
  pending: number
  /** There already, byte for byte. */
  unchanged: number
  /** Bytes of all of these. */
  bytes: number
  readonly skipped: { readonly path: string; readonly reason: string }[]
  readonly failed: ImportFailure[]
}

const CONCURRENCY = 8

/**
 * Names the write by what it puts in place of what. Run again after an interruption, it is the same
 * operation; but a file that went back to an earlier content is a new one, because it replaces
 * another version.
 */
const operationId = (key: string, value: Uint8Array, replaces: string | undefined): string =>
  createHash('sha256')
    .update(JSON.stringify(['bzzz/import/1', key, replaces ?? null]))
    .update(value)
    .digest('base64url')

const failure = (path: string, error: unknown): ImportFailure => ({
  path,
  code: codeOf(error),
  message: messageOf(error),
})

type File = Extract<Found, { kind: 'file' }>

const importFile = async (
  file: File,
  key: string,
  target: ImportTarget,
  report: ImportReport,
): Promise<void> => {
  const value = await readAtMost(file.path, VALUE_BYTES_MAX)
  if (value === undefined) {
    report.skipped.push({ path: file.relative, reason: 'it grew over the limit meanwhile' })
    return
  }
  const present = await target.get(key)
  if (present !== undefined && equalBytes(present.value, value)) report.unchanged += 1
  else {
    const { outcome } = await target.put(key, value, operationId(key, value, present?.version))
    if (outcome === 'pending') report.pending += 1
    else report.imported += 1
  }
  report.bytes += value.length
}

/**
 * Puts every file of a directory under its path as key. One file's failure does not stop the
 * others; all are in the report. Run again, it continues where it ended.
 */
export const importDirectory = async (options: ImportOptions): Promise<ImportReport> => {
  const {
    directory,
    prefix,
    target,
    concurrency = CONCURRENCY,
    hidden,
    accept,
    onProgress,
  } = options
  const report: ImportReport = {
    imported: 0,
    pending: 0,
    unchanged: 0,
    bytes: 0,
    skipped: [],
    failed: [],
  }
  await forEachOf(walk(directory, { hidden }), concurrency, async (found) => {
    throwIfAborted(options.signal)
    if (found.kind === 'skipped') {
      report.skipped.push({ path: found.relative, reason: found.reason })
      return
    }
    if (found.kind === 'unreadable') {
      report.failed.push(failure(found.relative, found.error))
      return
    }
    if (accept?.(found.relative) === false) return
    const key = prefix === '' ? found.relative : `${prefix}/${found.relative}`
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
      report.skipped.push({
        path: found.relative,
        reason: `its key is over ${KEY_BYTES_MAX} bytes`,
      })
      return
    }
    try {
      await importFile(found, key, target, report)
    } catch (error) {
      throwIfAborted(options.signal)
      report.failed.push(failure(found.relative, error))
    }
    onProgress?.(report)
  })
  return report
}
