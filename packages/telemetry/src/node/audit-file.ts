import { baseError, systemClock, type Clock } from '@bzzz/base'
import type { AuditEntry, AuditSink } from '../audit/audit-entry.js'
import { telemetryError } from '../errors.js'
import { AuditLog } from './audit-log.js'
import { auditBody, type AuditHead } from './audit-line.js'

const MIB = 1024 * 1024

/** About 30,000 entries; a file of this size is verified in a fraction of a second. */
const DEFAULT_BYTES_MAX = 8 * MIB

const DEFAULT_FILES_MAX = 8

/** What waits for the disk. Beyond this, calls come faster than the disk takes them. */
const QUEUE_BYTES_MAX = 4 * MIB

/** After a failure the file is read again before it is written; not at every call. */
const RETRY_AFTER_MS = 1000

export interface AuditFileOptions {
  /** A file that would grow beyond this is put aside. Default 8 MiB. */
  readonly bytesMax?: number
  /** Files put aside that are kept; older ones are removed. At least 1, default 8. */
  readonly filesMax?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

interface Waiting {
  readonly body: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** An audit log in files: JSON lines, each with the hash of the line before it. One writer at a time. */
export class AuditFile implements AuditSink, AsyncDisposable {
  readonly #path: string
  readonly #options: { readonly bytesMax: number; readonly filesMax: number; readonly clock: Clock }
  #log: AuditLog | undefined
  #head: AuditHead | undefined
  #queue: Waiting[] = []
  #queuedBytes = 0
  #running: Promise<void> | undefined
  #failed: { readonly error: unknown; readonly atMs: number } | undefined
  #isClosed = false

  private constructor(path: string, options: AuditFileOptions) {
    const { bytesMax = DEFAULT_BYTES_MAX, filesMax = DEFAULT_FILES_MAX } = options
    if (!(bytesMax > 0) || !(filesMax >= 1))
      throw baseError('INVALID_ARGUMENT', 'bytesMax must be above 0, and filesMax at least 1')
    this.#path = path
    this.#options = { bytesMax, filesMax, clock: options.clock ?? systemClock }
  }

  /** The last line on disk. Kept elsewhere, it proves later that the log was not cut before it. */
  get head(): AuditHead | undefined {
    return this.#head
  }

  /** See {@link openAuditFile}. */
  static async open(path: string, options: AuditFileOptions = {}): Promise<AuditFile> {
    const file = new AuditFile(path, options)
    file.#log = await file.#openLog()
    return file
  }

  /**
   * Resolves when the entry is on disk; entries keep the order of the calls, and those that come
   * while the disk is busy share one sync. Rejects with `AUDIT_UNAVAILABLE`, `AUDIT_BUSY`,
   * `AUDIT_FILE_UNSAFE`, `AUDIT_FILE_BROKEN`, `AUDIT_ENTRY_INVALID`, and `NOT_STARTED` once it is
   * closed. After a failure the log is read again from disk, and goes on where it ends.
   */
  async append(entry: AuditEntry): Promise<void> {
    if (this.#isClosed) throw baseError('NOT_STARTED', 'the audit log is closed')
    const body = auditBody(entry)
    if (this.#queuedBytes + body.length > QUEUE_BYTES_MAX)
      throw telemetryError('AUDIT_BUSY', `${String(this.#queue.length)} entries wait for the disk`)
    this.#queuedBytes += body.length
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ body, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits for the entries that were appended before. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
    const log = this.#log
    this.#log = undefined
    await log?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    // What the caller appends in the same turn joins the first batch.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      this.#queuedBytes = 0
      try {
        await this.#write(batch.map(({ body }) => body))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#running = undefined
  }

  async #write(bodies: readonly string[]): Promise<void> {
    const { clock } = this.#options
    const failed = this.#failed
    if (failed !== undefined && clock.monotonicMs() - failed.atMs < RETRY_AFTER_MS)
      throw failed.error
    try {
      this.#log ??= await this.#openLog()
      this.#head = await this.#log.write(bodies)
      this.#failed = undefined
    } catch (error) {
      // What of the batch is on disk is not known; reading it again tells.
      const log = this.#log
      this.#log = undefined
      await log?.close().catch(() => {})
      this.#failed = { error, atMs: clock.monotonicMs() }
      throw error
    }
  }

  async #openLog(): Promise<AuditLog> {
    const { clock, ...bounds } = this.#options
    const log = await AuditLog.open(this.#path, { ...bounds, acknowledged: this.#head })
    try {
      if (log.droppedBytes > 0) await log.write([this.#repairOf(log.droppedBytes, clock.nowMs())])
    } catch (error) {
      await log.close().catch(() => {})
      throw error
    }
    this.#head = log.head
    return log
  }

  #repairOf(droppedBytes: number, atMs: number): string {
    return auditBody({
      kind: 'action',
      atMs,
      actor: 'node',
      component: 'audit',
      action: 'torn-line-dropped',
      detail: { droppedBytes },
    })
  }
}

/**
 * Opens the audit log at `path`, or begins one (mode 0600). Its newest file is verified; a last line
 * that a crash cut off, which nobody was told of, is dropped, and an entry says so. Rejects with
 * `AUDIT_FILE_UNSAFE`, `AUDIT_FILE_BROKEN` and `AUDIT_UNAVAILABLE`.
 */
export const openAuditFile = (path: string, options: AuditFileOptions = {}): Promise<AuditFile> =>
  AuditFile.open(path, options)
