import { Batch, type CleanMark } from './batch.js'
import type { Entry } from './entry.js'
import { storeError } from './errors.js'

/** Keeps one sync near the time of a small one, and a frame small enough to be read whole. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024
const BATCH_ENTRIES_MAX = 4096
const BATCH_CLEANS_MAX = 4096

/** About what a queued entry takes beside key and value, so that a flood of tiny ones is bounded too. */
const ENTRY_BYTES = 512

export interface CommitQueueOptions {
  readonly bytesMax: number
  /** Makes a batch durable. A rejection with `STORE_FULL` is passed on; any other one is final. */
  readonly write: (batch: Batch) => Promise<void>
  /** Brings a durable batch into the view. */
  readonly committed: (batch: Batch) => void
}

/**
 * Group commit without a timer: one batch is being synced, the next one fills meanwhile and starts
 * when that sync has returned. Knows what is queued, so that conditions and stamps see it.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  /** Full batches and the one that is filling, in order; the first may be running. */
  #batches: Batch[] = []
  #isRunning = false
  #bytes = 0
  #cleans: CleanMark[] = []
  readonly #newest = new Map<string, Entry>()
  readonly #operations = new Map<string, Entry>()
  readonly #batchOf = new Map<Entry, Batch>()
  #state: 'ready' | 'read-only' | 'failed' = 'ready'
  #cause: unknown
  #idle: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  get state(): 'ready' | 'read-only' | 'failed' {
    return this.#state
  }

  get isIdle(): boolean {
    return !this.#isRunning && this.#batches.length === 0
  }

  /** Throws `STORE_FAILED` or `STORE_FULL`. */
  assertWritable(): void {
    if (this.#state === 'failed') throw failed(this.#cause)
    if (this.#state === 'read-only') throw full(this.#cause)
  }

  /** Throws `STORE_BUSY` unless so many entries with so many bytes fit; an idle queue takes any. */
  assertRoom(bytes: number, entries = 1): void {
    const wanted = bytes + entries * ENTRY_BYTES
    if (this.#bytes === 0 || this.#bytes + wanted <= this.#options.bytesMax) return
    throw storeError('STORE_BUSY', `${this.#bytes} bytes already wait for the disk`)
  }

  newest(key: string): Entry | undefined {
    return this.#newest.get(key)
  }

  operation(opId: string): Entry | undefined {
    return this.#operations.get(opId)
  }

  /** The commit that an entry waits for, or undefined when it is durable. */
  committedOf(entry: Entry): Promise<void> | undefined {
    return this.#batchOf.get(entry)?.committed
  }

  /** Queues an entry; `isOwn` makes its operation id known. Resolves when it is in the view. */
  push(entry: Entry, isOwn: boolean): Promise<void> {
    const batch = this.#filling()
    batch.add(entry)
    this.#bytes += entry.sizeBytes + ENTRY_BYTES
    this.#newest.set(entry.key, entry)
    if (isOwn) this.#operations.set(entry.opId, entry)
    this.#batchOf.set(entry, batch)
    return batch.committed
  }

  /** Goes along with the next batch. */
  noteClean(mark: CleanMark): void {
    this.#cleans.push(mark)
  }

  /** At most as many as a batch takes. */
  takeCleans(): CleanMark[] {
    return this.#cleans.splice(0, BATCH_CLEANS_MAX)
  }

  /** Resolves when nothing is queued or being written. */
  async drain(): Promise<void> {
    while (!this.isIdle) {
      this.#idle ??= Promise.withResolvers<void>()
      await this.#idle.promise
    }
  }

  /** The disk takes writes again. */
  recovered(): void {
    if (this.#state !== 'read-only') return
    this.#state = 'ready'
    this.#cause = undefined
  }

  /** Acknowledges nothing any more: rejects what waits. */
  fail(cause: unknown): void {
    this.#state = 'failed'
    this.#cause = cause
    this.#rejectAll(failed(cause))
  }

  /** Serves reads only until {@link recovered}. */
  refuse(cause: unknown): void {
    if (this.#state === 'failed') return
    this.#state = 'read-only'
    this.#cause = cause
    this.#rejectAll(full(cause))
  }

  #filling(): Batch {
    const last = this.#batches.at(-1)
    const mayGrow =
      last !== undefined &&
      (this.#batches.length > 1 || !this.#isRunning) &&
      last.bytes < BATCH_BYTES_MAX &&
      last.entries.length < BATCH_ENTRIES_MAX
    if (mayGrow) return last
    const batch = new Batch()
    this.#batches.push(batch)
    // After the current run of the caller's code, so that what it writes in one go is one batch.
    if (this.#batches.length === 1) queueMicrotask(() => void this.#run())
    return batch
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    for (;;) {
      const batch = this.#batches[0]
      if (batch === undefined) break
      batch.cleans = this.takeCleans()
      try {
        await this.#options.write(batch)
      } catch (error) {
        this.#cleans = batch.cleans.concat(this.#cleans)
        if ((error as { code?: unknown }).code === 'STORE_FULL') this.refuse(error)
        else this.fail(error)
        break
      }
      // Somebody else may have found the disk broken meanwhile; the batch is rejected by then.
      if (this.#batches[0] !== batch) break
      this.#settle(batch)
    }
    this.#isRunning = false
    this.#idle?.resolve()
    this.#idle = undefined
  }

  #settle(batch: Batch): void {
    this.#batches.shift()
    this.#options.committed(batch)
    for (const entry of batch.entries) this.#forget(entry)
    batch.resolve()
  }

  #forget(entry: Entry): void {
    this.#bytes -= entry.sizeBytes + ENTRY_BYTES
    this.#batchOf.delete(entry)
    if (this.#newest.get(entry.key) === entry) this.#newest.delete(entry.key)
    if (this.#operations.get(entry.opId) === entry) this.#operations.delete(entry.opId)
  }

  #rejectAll(error: unknown): void {
    for (const batch of this.#batches) {
      for (const entry of batch.entries) this.#forget(entry)
      batch.reject(error)
    }
    this.#batches = []
  }
}

const failed = (cause: unknown): Error =>
  storeError('STORE_FAILED', 'the disk failed; nothing is acknowledged any more', { cause })

const full = (cause: unknown): Error =>
  storeError('STORE_FULL', 'the disk is full; the store serves reads only', { cause })
