import {
  compareHlc,
  compareVersions,
  Emitter,
  HybridClock,
  Service,
  type AbortOptions,
  type Clock,
  type Durability,
  type Hlc,
  type StampedRecord,
  type Unsubscribe,
  type Version,
  type WriteIntent,
} from '@bzzz/base'
import type { Batch, CleanMark } from './batch.js'
import { CommitQueue } from './commit-queue.js'
import { entryOf, type Entry } from './entry.js'
import { assertExpected } from './expected-version.js'
import { storeError } from './errors.js'
import { assertIntent, assertRecord } from './limits.js'
import { bucketOfKey } from './range-digest.js'
import type { Append, AppendOptions, Applied, RangeDigest, RecordHead, Store } from './store.js'
import { View } from './view.js'

/** CRC-32 (IEEE 802.3) of bytes, continued from a seed. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number

export interface EngineOptions {
  /** Peer id that stamps this store's writes. */
  readonly writer: string
  readonly clock: Clock
  readonly crc32: Crc32
  /** Refuse stamps further ahead of the wall clock than this. Default 500 ms. */
  readonly maxSkewMs?: number | undefined
  /** Values kept in memory, bytes. */
  readonly cacheBytesMax: number
  /** Superseded operations of this node that a retry still finds. Default 65,536. */
  readonly supersededMax?: number | undefined
  /** Bytes that may wait for the disk before `STORE_BUSY`. Default 64 MiB. */
  readonly queueBytesMax?: number | undefined
  /** Hears what a listener of {@link Store.onCommit} throws. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

/**
 * At a thousand overwrites a second it covers the minute in which a client still retries, in some
 * 16 MiB of memory. A record that was not overwritten is remembered without this bound.
 */
const SUPERSEDED_MAX = 65_536

/** Two seconds of a disk that writes 32 MiB/s; waiting longer than that is an outage to the caller. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024

/** What the subclass found when it opened. */
export interface Opened {
  readonly storeId: string
  readonly epoch: number
  readonly restored: { readonly last: Hlc | undefined; readonly ceilingMs: number }
}

interface Commit {
  readonly record: StampedRecord
  readonly replaced: Version | undefined
}

const EMPTY = new Uint8Array(0)

/** The bytes as the store may keep them: a slice of a larger buffer would keep all of it in memory. */
const owned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

/**
 * Stamping, de-duplication, conditions and order of commits: what every store does the same way.
 * A subclass says how a batch becomes durable and where a value that is not in memory comes from.
 */
export abstract class StoreEngine extends Service implements Store {
  abstract readonly durability: Durability
  readonly writer: string
  protected readonly clock: Clock
  protected readonly crc32: Crc32
  protected view: View
  protected readonly queue: CommitQueue
  readonly #maxSkewMs: number | undefined
  readonly #events: Emitter<{ commit: Commit }>
  readonly #newView: () => View
  #hlc: HybridClock
  #opened: Opened | undefined
  #startedEmpty = true
  #sequence = 0

  constructor(name: string, options: EngineOptions) {
    super(name)
    this.writer = options.writer
    this.clock = options.clock
    this.crc32 = options.crc32
    this.#maxSkewMs = options.maxSkewMs
    this.#newView = () =>
      new View({
        writer: options.writer,
        cacheBytesMax: options.cacheBytesMax,
        supersededMax: options.supersededMax ?? SUPERSEDED_MAX,
        onRetire: (entry) => {
          this.onRetire(entry)
        },
      })
    this.view = this.#newView()
    this.#events = new Emitter((error) => options.onListenerError?.(error))
    this.#hlc = this.#newHlc(undefined)
    this.queue = new CommitQueue({
      bytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX,
      write: (batch) => this.#write(batch),
      committed: (batch) => this.#commit(batch),
    })
  }

  /** Recovers the view and takes the next epoch. When it throws, everything is released. */
  protected abstract open(options: AbortOptions): Promise<Opened>
  /** Resolves when the batch is durable. */
  protected abstract write(batch: Batch): Promise<void>
  /** Fetches a record whose value is not in memory. Rejects with `STORE_DAMAGED`. */
  protected abstract load(entry: Entry): Promise<StampedRecord>
  protected abstract close(): Promise<void>
  /** An entry is no longer the newest of its key. */
  protected onRetire(_entry: Entry): void {}

  protected override async onStart(options: AbortOptions): Promise<void> {
    // A start that failed half-way may have filled it.
    this.view = this.#newView()
    const opened = await this.open(options)
    this.#opened = opened
    this.#startedEmpty = this.view.size === 0
    this.#hlc = this.#newHlc(opened.restored)
    this.#hlc.ceilingPersisted(opened.restored.ceilingMs)
  }

  protected override async onStop(): Promise<void> {
    await this.queue.drain()
    this.#events.clear()
    await this.close()
  }

  get storeId(): string {
    return this.#known().storeId
  }

  get epoch(): number {
    return this.#known().epoch
  }

  get startedEmpty(): boolean {
    return this.#startedEmpty
  }

  get size(): number {
    return this.view.size
  }

  get sequence(): number {
    return this.#sequence
  }

  get dirtyBytes(): number {
    return this.view.dirtyBytes
  }

  get state(): 'ready' | 'read-only' | 'failed' {
    return this.queue.state
  }

  append(intent: WriteIntent, options: AppendOptions): Append {
    this.assertStarted()
    this.queue.assertWritable()
    assertIntent(intent, options.opId)
    const value = intent.value === undefined ? EMPTY : new Uint8Array(intent.value)
    const contentCrc = this.crc32(value)
    const known = this.queue.operation(options.opId) ?? this.view.operations.get(options.opId)
    if (known !== undefined) {
      this.#assertSameOperation(known, intent, contentCrc)
      if (!this.#mustRestamp(known, options.above)) return this.#duplicate(known, value)
    }
    const newest = this.#newest(intent.key)
    if (options.expectedVersion !== undefined && newest?.opId !== options.opId)
      assertExpected(intent.key, newest, options.expectedVersion, this.clock.nowMs())
    this.queue.assertRoom(intent.key.length + value.length)
    return this.#stamp(intent, value, contentCrc, newest, options)
  }

  async apply(records: readonly StampedRecord[]): Promise<Applied[]> {
    this.assertStarted()
    this.queue.assertWritable()
    let bytes = 0
    for (const record of records) {
      assertRecord(record)
      this.#hlc.check(record.version)
      bytes += record.key.length + record.value.length
    }
    this.queue.assertRoom(bytes, records.length)
    const durable = new Set<Promise<void>>()
    const applied = records.map((record) => this.#applyOne(record, durable))
    await Promise.all(durable)
    return applied
  }

  read(key: string): StampedRecord | undefined | Promise<StampedRecord | undefined> {
    if (!this.isStarted) this.assertStarted()
    const entry = this.view.get(key)
    if (entry === undefined) return undefined
    entry.touched = true
    return entry.record ?? this.load(entry)
  }

  head(key: string): RecordHead | undefined {
    this.assertStarted()
    return this.view.head(key)
  }

  versionOf(key: string): Version | undefined {
    if (!this.isStarted) this.assertStarted()
    return this.view.get(key)?.version
  }

  isDirty(key: string): boolean {
    this.assertStarted()
    return this.view.isDirty(key)
  }

  dirtyKeys(): Iterable<string> {
    this.assertStarted()
    return this.view.dirtyKeys()
  }

  markClean(heads: readonly CleanMark[]): void {
    this.assertStarted()
    for (const { key, version } of heads) {
      const entry = this.view.markClean(key, version)
      if (entry !== undefined) this.queue.noteClean({ key, version: entry.version })
    }
  }

  bucketOf(key: string): number {
    return bucketOfKey(key)
  }

  digest(bucket: number): RangeDigest {
    this.assertStarted()
    return this.view.digests.digest(bucket)
  }

  heads(bucket: number): Iterable<RecordHead> {
    this.assertStarted()
    return this.view.digests.heads(bucket)
  }

  onCommit(listener: (record: StampedRecord, replaced: Version | undefined) => void): Unsubscribe {
    return this.#events.on('commit', ({ record, replaced }) => listener(record, replaced))
  }

  #known(): Opened {
    if (this.#opened === undefined) this.assertStarted()
    return this.#opened as Opened
  }

  #newHlc(restored: Opened['restored'] | undefined): HybridClock {
    return new HybridClock({
      clock: this.clock,
      ...(this.#maxSkewMs === undefined ? {} : { maxSkewMs: this.#maxSkewMs }),
      ...(restored === undefined
        ? {}
        : {
            restored: {
              ceilingMs: restored.ceilingMs,
              ...(restored.last === undefined ? {} : { last: restored.last }),
            },
          }),
    })
  }

  #newest(key: string): Entry | undefined {
    return this.queue.newest(key) ?? this.view.get(key)
  }

  #assertSameOperation(known: Entry, intent: WriteIntent, contentCrc: number): void {
    const isSame =
      known.key === intent.key &&
      known.deleted === (intent.deleted === true) &&
      known.contentCrc === contentCrc
    if (isSame) return
    throw storeError(
      'STORE_OPERATION_REUSED',
      `the operation id ${JSON.stringify(known.opId)} named another write before`,
    )
  }

  /**
   * A restamp is for an operation that a replica refused. Where this node gave the key a later
   * stamp of its own, that later write stands for both: to restamp would put them out of order.
   */
  #mustRestamp(known: Entry, above: Version | undefined): boolean {
    if (above === undefined || compareVersions(known.version, above) > 0) return false
    const own = this.#newest(known.key)?.ownVersion
    return own === undefined || compareVersions(own, known.version) <= 0
  }

  #duplicate(known: Entry, value: Uint8Array): Append {
    const record = known.record ?? recordOf(known, value)
    const committed = this.queue.committedOf(known) ?? Promise.resolve()
    const isOpen = this.queue.committedOf(known) !== undefined
    const mustWait = isOpen && !this.#hlc.isCovered(known.version)
    return { record, isDuplicate: true, sendable: mustWait ? committed : undefined, committed }
  }

  #stamp(
    intent: WriteIntent,
    value: Uint8Array,
    contentCrc: number,
    newest: Entry | undefined,
    options: AppendOptions,
  ): Append {
    if (options.above !== undefined) this.#hlc.receive(options.above)
    const { wallMs, counter } = this.#hlc.tick()
    const record: StampedRecord = {
      key: intent.key,
      value,
      deleted: intent.deleted === true,
      version: { wallMs, counter, writer: this.writer },
      expiresAtMs: intent.expiresAtMs,
      opId: options.opId,
    }
    const entry = entryOf(record, contentCrc, true)
    entry.ownVersion = record.version
    // The clock is above every stamp that was made or seen, so the order per key holds by itself.
    if (newest !== undefined && compareHlc(newest.version, record.version) >= 0)
      throw new Error('a stamp was made below one that the store holds')
    const committed = this.queue.push(entry, true)
    const sendable = this.#hlc.isCovered(record.version) ? undefined : committed
    return { record, isDuplicate: false, sendable, committed }
  }

  #applyOne(record: StampedRecord, durable: Set<Promise<void>>): Applied {
    const newest = this.#newest(record.key)
    const order = newest === undefined ? 1 : compareVersions(record.version, newest.version)
    if (newest !== undefined && order <= 0) {
      // What is still queued may yet be lost: "known" and "older" are promises too.
      const committed = this.queue.committedOf(newest)
      if (committed !== undefined) durable.add(committed)
      return { outcome: order === 0 ? 'known' : 'older', newest: newest.version }
    }
    this.#hlc.receive(record.version)
    const kept: StampedRecord = { ...record, value: owned(record.value) }
    const isOwn = record.version.writer === this.writer
    // Only this node's own operations are told apart by what they wrote.
    const entry = entryOf(kept, isOwn ? this.crc32(kept.value) : 0, false)
    entry.ownVersion = isOwn ? record.version : newest?.ownVersion
    durable.add(this.queue.push(entry, isOwn))
    return { outcome: 'stored', newest: record.version }
  }

  #write(batch: Batch): Promise<void> {
    batch.ceilingMs = this.#hlc.nextCeilingMs()
    return this.write(batch)
  }

  #commit(batch: Batch): void {
    this.#hlc.ceilingPersisted(batch.ceilingMs)
    this.#sequence += batch.entries.length
    const hasListeners = this.#events.listenerCount('commit') > 0
    for (const entry of batch.entries) {
      const { record } = entry
      const replaced = hasListeners ? this.view.get(entry.key)?.version : undefined
      if (this.view.put(entry) && hasListeners && record !== undefined)
        this.#events.emit('commit', { record, replaced })
    }
  }
}

const recordOf = (entry: Entry, value: Uint8Array): StampedRecord => ({
  key: entry.key,
  value,
  deleted: entry.deleted,
  version: entry.version,
  expiresAtMs: entry.expiresAtMs,
  opId: entry.opId,
})
