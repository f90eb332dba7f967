import {
  compareVersions,
  crc32 as plainCrc32,
  systemRandom,
  type Cancel,
  type Clock,
  type Disk,
  type Random,
  type StampedRecord,
} from '@bzzz/base'
import type { Batch } from '../batch.js'
import type { Entry, Location } from '../entry.js'
import { storeError } from '../errors.js'
import { StoreEngine, type Crc32, type EngineOptions, type Opened } from '../store-engine.js'
import { Ballast, isFull } from './ballast.js'
import { compact } from './compaction.js'
import { decodeItem } from './item.js'
import { Loading } from './loading.js'
import { LogWriter } from './log-writer.js'
import { writeMark, type MarkPlace } from './mark.js'
import { recover } from './recovery.js'
import { damagedAt, type Segment } from './segment.js'

export interface LogStoreOptions {
  /** Peer id that stamps this store's writes. */
  readonly writer: string
  /** The directory, which belongs to this store alone. */
  readonly disk: Disk
  readonly clock: Clock
  /** Default: the platform's randomness. */
  readonly random?: Random | undefined
  /** Default: the one of `@bzzz/base`; a faster one may be given. */
  readonly crc32?: Crc32 | undefined
  /**
   * Where the high-water mark is kept. Default: `mark` in the same directory. Elsewhere it also
   * tells when the whole directory was emptied, swapped or restored.
   */
  readonly markPlace?: MarkPlace | undefined
  /** Age at which the mark of what was committed is written, milliseconds. Default 250. */
  readonly markDelayMs?: number | undefined
  /** A segment is closed when it is longer. Default 32 MiB. */
  readonly segmentBytes?: number | undefined
  /** Values kept in memory. Default 64 MiB. */
  readonly cacheBytesMax?: number | undefined
  /** Space set aside for a full disk. Default 8 MiB; 0 for none. */
  readonly ballastBytes?: number | undefined
  /** Refuse stamps further ahead of the wall clock than this. Default 500 ms. */
  readonly maxSkewMs?: number | undefined
  /** Superseded operations that a retry still finds. Default 65,536. */
  readonly supersededMax?: number | undefined
  /** Bytes that may wait for the disk before `STORE_BUSY`. Default 64 MiB. */
  readonly queueBytesMax?: number | undefined
  readonly onListenerError?: EngineOptions['onListenerError']
  /** Hears what went wrong behind the caller's back: compaction, or the mark. Default: nobody. */
  readonly onProblem?: ((error: unknown) => void) | undefined
}

const MEBIBYTE = 1024 * 1024
const SEGMENT_BYTES = 32 * MEBIBYTE
const MARK_DELAY_MS = 250

/** How often a full disk is tried again. */
const PROBE_MS = 1000

/** A segment is rewritten when at least this share of it is garbage: each byte is copied once on average. */
const GARBAGE_SHARE = 0.5

/** A log on a disk, with its view in memory. */
export class LogStore extends StoreEngine {
  override readonly durability = 'disk' as const
  readonly #options: LogStoreOptions
  readonly #disk: Disk
  readonly #random: Random
  readonly #markPlace: MarkPlace
  readonly #ballast: Ballast
  /** Bytes of each segment's records that are the newest of their key. */
  readonly #liveBytes = new Map<number, number>()
  #writer: LogWriter | undefined
  #compaction: Promise<void> | undefined
  #marking: Promise<void> = Promise.resolve()
  #probing: Promise<void> | undefined
  #cancelMark: Cancel | undefined
  #cancelProbe: Cancel | undefined
  #isClosing = false

  constructor(options: LogStoreOptions) {
    super('the log store', {
      ...options,
      crc32: options.crc32 ?? plainCrc32,
      cacheBytesMax: options.cacheBytesMax ?? 64 * MEBIBYTE,
    })
    this.#options = options
    this.#disk = options.disk
    this.#random = options.random ?? systemRandom
    this.#markPlace = options.markPlace ?? { disk: options.disk, name: 'mark' }
    this.#ballast = new Ballast(this.#disk, this.#random, options.ballastBytes ?? 8 * MEBIBYTE)
  }

  /** Files of records in use. */
  get segmentCount(): number {
    return this.#log.segmentCount
  }

  get #log(): LogWriter {
    if (this.#writer === undefined) this.assertStarted()
    return this.#writer as LogWriter
  }

  protected override async open(): Promise<Opened> {
    this.#liveBytes.clear()
    const loading = new Loading(this.view, this.crc32, (location) => {
      this.#count(location, 1)
    })
    const { clock, crc32, writer } = this
    const recovered = await recover({
      disk: this.#disk,
      markPlace: this.#markPlace,
      writer,
      clock,
      random: this.#random,
      crc32,
      sink: {
        item: (item, location) => {
          loading.item(item, location)
        },
      },
    })
    loading.end()
    const log = new LogWriter(this.#disk, this.#options.segmentBytes ?? SEGMENT_BYTES, recovered)
    this.#writer = log
    try {
      await this.#takeEpoch(log)
    } catch (error) {
      await log.close()
      throw error
    }
    return {
      storeId: log.format.storeId,
      epoch: log.epoch,
      restored: { last: loading.last, ceilingMs: log.ceilingMs },
    }
  }

  protected override async write(batch: Batch): Promise<void> {
    const log = this.#log
    const rolls = log.isDue
    try {
      const { entries, cleans, ceilingMs } = batch
      const locations = await log.write({ entries, cleans, ceilingMs, epoch: log.epoch })
      for (const [i, entry] of entries.entries()) entry.location = locations[i]
      for (const location of locations) this.#count(location, 1)
    } catch (error) {
      if (!isFull(error)) throw error
      this.#makeRoom()
      throw storeError('STORE_FULL', 'the disk is full', { cause: error })
    }
    this.#scheduleMark()
    if (rolls) this.#startCompaction(GARBAGE_SHARE)
  }

  protected override async load(entry: Entry): Promise<StampedRecord> {
    const { location } = entry
    const segment = location === undefined ? undefined : this.#log.segment(location.segment)
    if (location === undefined || segment === undefined)
      throw storeError('STORE_DAMAGED', `the record of ${JSON.stringify(entry.key)} has no place`)
    const item = decodeItem(await segment.read(location, this.crc32), this.writer)
    const isIt =
      item.kind === 'record' &&
      item.record.key === entry.key &&
      compareVersions(item.record.version, entry.version) === 0
    if (!isIt) throw damagedAt(segment.name, location.offset, location.offset + location.length)
    if (entry.record === undefined && this.view.get(entry.key) === entry) {
      entry.record = item.record
      this.view.cache.add(entry)
    }
    return item.record
  }

  protected override async close(): Promise<void> {
    this.#isClosing = true
    this.#cancelMark?.()
    this.#cancelProbe?.()
    await Promise.all([this.#compaction, this.#marking, this.#probing])
    try {
      if (this.state === 'ready') await this.#writeRest()
    } catch (error) {
      this.#options.onProblem?.(error)
    } finally {
      await this.#log.close()
    }
  }

  protected override onRetire(entry: Entry): void {
    if (entry.location !== undefined) this.#count(entry.location, -1)
  }

  #count({ segment, length }: Location, sign: 1 | -1): void {
    this.#liveBytes.set(segment, (this.#liveBytes.get(segment) ?? 0) + sign * length)
  }

  /** Durable before anything is stamped under it; the ballast is there for a disk that is full. */
  async #takeEpoch(log: LogWriter): Promise<void> {
    const frame = { entries: [], cleans: [], ceilingMs: log.ceilingMs, epoch: log.epoch + 1 }
    const begin = async (): Promise<void> => {
      if (log.epoch < frame.epoch) await log.write(frame)
      await writeMark(this.#markPlace, log.mark)
    }
    try {
      await begin()
      await this.#ballast.take()
    } catch (error) {
      if (!isFull(error)) throw error
      await this.#ballast.release()
      await begin()
      this.queue.refuse(error)
      this.#makeRoom()
    }
  }

  /** What a stop still makes durable: clean marks, and the mark of everything. */
  async #writeRest(): Promise<void> {
    const log = this.#log
    for (let cleans = this.queue.takeCleans(); cleans.length > 0; cleans = this.queue.takeCleans())
      await log.write({ entries: [], cleans, ceilingMs: log.ceilingMs, epoch: log.epoch })
    await writeMark(this.#markPlace, log.mark)
  }

  #scheduleMark(): void {
    this.#cancelMark ??= this.clock.setTimer(() => {
      this.#cancelMark = undefined
      // One after the other: on a slow disk the one before may still be under way.
      this.#marking = this.#marking
        .then(() => writeMark(this.#markPlace, this.#log.mark))
        .catch((error: unknown) => {
          // It tells of damage; without it nothing that was acknowledged is in danger.
          this.#options.onProblem?.(error)
        })
    }, this.#options.markDelayMs ?? MARK_DELAY_MS)
  }

  /** Rewrites the sealed segments of which at least this share is garbage. */
  #startCompaction(garbageShare: number): void {
    if (this.#compaction !== undefined || this.#isClosing) return
    this.#compaction = this.#compact(garbageShare)
      .catch((error: unknown) => {
        if (!this.#isClosing) this.#options.onProblem?.(error)
      })
      .finally(() => {
        this.#compaction = undefined
      })
  }

  async #compact(garbageShare: number): Promise<void> {
    const log = this.#log
    const victims = this.#victims(garbageShare)
    if (victims.length === 0) return
    const { segment, adopt } = await compact({
      disk: this.#disk,
      format: log.format,
      view: this.view,
      victims,
      number: log.takeNumber(),
      checkpoint: () => {
        if (this.#isClosing || this.state === 'failed') throw new Error('the store is stopping')
      },
    })
    await log.replace(victims, segment, () => {
      for (const { number } of victims) this.#liveBytes.delete(number)
      for (const location of adopt()) this.#count(location, 1)
    })
    for (const victim of victims) await victim.retire(this.#disk)
    await this.#disk.syncDirectory()
  }

  /** Those with the most garbage, as long as what they keep fits one new segment. */
  #victims(garbageShare: number): Segment[] {
    const live = (segment: Segment): number => this.#liveBytes.get(segment.number) ?? 0
    const last = this.#log.lastOfChain
    const candidates = this.#log
      .sealed()
      .filter((segment) => segment !== last)
      .filter((segment) => segment.file.size - live(segment) >= garbageShare * segment.file.size)
      .toSorted((a, b) => live(a) / a.file.size - live(b) / b.file.size)
    let bytes = 0
    return candidates.filter((segment) => {
      bytes += live(segment)
      return bytes <= (this.#options.segmentBytes ?? SEGMENT_BYTES)
    })
  }

  /** The disk is full: gives up the ballast, compacts into that space, and tries again until it is not. */
  #makeRoom(): void {
    if (this.#probing !== undefined) return
    this.#probing = this.#ballast
      .release()
      .then(() => {
        this.#startCompaction(0.05)
        return this.#compaction
      })
      .catch((error: unknown) => this.#options.onProblem?.(error))
      .then(() => {
        this.#scheduleProbe()
      })
  }

  #scheduleProbe(): void {
    this.#probing = undefined
    if (this.#isClosing) return
    this.#cancelProbe = this.clock.setTimer(() => {
      this.#probing = this.#ballast
        .takeWithHeadroom()
        .then(() => {
          this.#probing = undefined
          this.queue.recovered()
        })
        .catch((error: unknown) => {
          if (!isFull(error)) this.#options.onProblem?.(error)
          this.#scheduleProbe()
        })
    }, PROBE_MS)
  }
}
