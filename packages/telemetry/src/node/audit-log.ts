import { constants } from 'node:fs'
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { codeOf, type BzzzError } from '@bzzz/base'
import { telemetryError } from '../errors.js'
import { followFile, openToRead, rotatedFiles, rotatedName } from './audit-chain.js'
import { AUDIT_START, auditLine, type AuditHead } from './audit-line.js'

export interface AuditLogOptions {
  readonly bytesMax: number
  readonly filesMax: number
  /** The last line that was told to be on disk. */
  readonly acknowledged: AuditHead | undefined
}

/** Errors of the disk by their code only: their message holds the path. */
const unavailable = (error: unknown): unknown =>
  codeOf(error)?.startsWith('AUDIT_') === true
    ? error
    : telemetryError(
        'AUDIT_UNAVAILABLE',
        `the audit log cannot be used: ${codeOf(error) ?? 'unknown error'}`,
        { cause: error },
      )

const broken = (path: string, problem: string): BzzzError =>
  telemetryError('AUDIT_FILE_BROKEN', `${basename(path)}: ${problem}`)

/** Root may use the files of others; its own rights protect what it writes. */
const isForeign = (uid: number): boolean => {
  const own = process.getuid?.()
  return own !== undefined && own !== 0 && own !== uid
}

const syncDirectoryOf = async (path: string): Promise<void> => {
  // Windows has no handle of a directory to sync; NTFS journals names by itself.
  if (process.platform === 'win32') return
  await using handle = await open(dirname(path), constants.O_RDONLY)
  await handle.sync()
}

/** Never follows a link, and never waits as it would for the reader of a pipe. */
const openOwn = async (path: string): Promise<FileHandle> => {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants
  const isWindows = process.platform === 'win32'
  const flags = O_RDWR | O_CREAT | O_APPEND | (isWindows ? 0 : O_NOFOLLOW | O_NONBLOCK)
  const handle = await open(path, flags, 0o600).catch((error: unknown) => {
    if (codeOf(error) !== 'ELOOP') throw error
    throw telemetryError('AUDIT_FILE_UNSAFE', `${basename(path)} is a link`)
  })
  try {
    const stats = await handle.stat()
    if (!stats.isFile())
      throw telemetryError('AUDIT_FILE_UNSAFE', `${basename(path)} is not a regular file`)
    if (isForeign(stats.uid))
      throw telemetryError('AUDIT_FILE_UNSAFE', `${basename(path)} belongs to another user`)
    if (!isWindows && (stats.mode & 0o077) !== 0)
      throw telemetryError('AUDIT_FILE_UNSAFE', `others may use ${basename(path)}`)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Where the newest file that was put aside ends. */
const endOfRotated = async (
  path: string,
  acknowledged: AuditHead | undefined,
): Promise<AuditHead | undefined> => {
  const newest = (await rotatedFiles(path)).at(-1)
  if (newest === undefined) return undefined
  await using handle = await openToRead(newest)
  if (handle === undefined) return undefined
  const part = await followFile(handle, undefined, acknowledged)
  if (part.problem !== undefined)
    throw broken(newest, `line ${String(part.lines + 1)} ${part.problem}`)
  return part.head
}

/** The open file of an audit log, with the place where it ends. Used by one caller at a time. */
export class AuditLog {
  readonly #path: string
  readonly #options: AuditLogOptions
  readonly droppedBytes: number
  #handle: FileHandle
  #head: AuditHead
  #bytes: number
  /** Number of the first line of this file. */
  #first: number

  private constructor(
    path: string,
    options: AuditLogOptions,
    handle: FileHandle,
    found: { head: AuditHead; bytes: number; first: number; droppedBytes: number },
  ) {
    this.#path = path
    this.#options = options
    this.#handle = handle
    this.#head = found.head
    this.#bytes = found.bytes
    this.#first = found.first
    this.droppedBytes = found.droppedBytes
  }

  static async open(path: string, options: AuditLogOptions): Promise<AuditLog> {
    try {
      const before = await endOfRotated(path, options.acknowledged)
      const handle = await openOwn(path)
      try {
        return await AuditLog.#resume(path, options, handle, before)
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      throw unavailable(error)
    }
  }

  static async #resume(
    path: string,
    options: AuditLogOptions,
    handle: FileHandle,
    before: AuditHead | undefined,
  ): Promise<AuditLog> {
    const { acknowledged } = options
    const part = await followFile(handle, before, acknowledged)
    if (part.problem !== undefined)
      throw broken(path, `line ${String(part.lines + 1)} ${part.problem}`)
    const head = part.head ?? AUDIT_START
    if (acknowledged !== undefined && head.seq < acknowledged.seq)
      throw broken(path, `it ends before line ${String(acknowledged.seq)}, which was written`)
    if (part.tornBytes > 0) await handle.truncate(part.bytes)
    // What was read may be in the memory of the system only: the next line stands on it.
    await handle.sync()
    await syncDirectoryOf(path)
    const { bytes, first = head.seq + 1, tornBytes } = part
    return new AuditLog(path, options, handle, { head, bytes, first, droppedBytes: tornBytes })
  }

  get head(): AuditHead | undefined {
    return this.#head.seq === 0 ? undefined : this.#head
  }

  /** Appends a batch with one sync, and tells where the log then ends. */
  async write(bodies: readonly string[]): Promise<AuditHead> {
    let head = this.#head
    let text = ''
    for (const body of bodies) {
      const next = auditLine(head, body)
      text += `${next.line}\n`
      head = next.head
    }
    const bytes = Buffer.from(text)
    try {
      await this.#assertUntouched()
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.bytesMax)
        await this.#rotate()
      await this.#handle.writeFile(bytes)
      await this.#handle.datasync()
    } catch (error) {
      throw unavailable(error)
    }
    this.#bytes += bytes.length
    this.#head = head
    return head
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** Whoever writes here beside us, cuts the file or takes it away, is found out before the next line. */
  async #assertUntouched(): Promise<void> {
    const { size, nlink } = await this.#handle.stat()
    if (nlink === 0) throw broken(this.#path, 'it was removed while it was written')
    if (size !== this.#bytes)
      throw broken(
        this.#path,
        `it has ${String(size)} bytes where ${String(this.#bytes)} were written`,
      )
  }

  async #rotate(): Promise<void> {
    await rename(this.#path, rotatedName(this.#path, this.#first))
    const handle = await openOwn(this.#path)
    await this.#handle.close()
    this.#handle = handle
    this.#bytes = 0
    this.#first = this.#head.seq + 1
    await syncDirectoryOf(this.#path)
    const rotated = await rotatedFiles(this.#path)
    for (const old of rotated.slice(0, Math.max(0, rotated.length - this.#options.filesMax)))
      await unlink(old)
  }
}
