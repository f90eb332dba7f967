import { messageOf, toHex, type Disk } from '@bzzz/base'
import type { CleanMark } from '../batch.js'
import type { Entry, Location } from '../entry.js'
import { storeError } from '../errors.js'
import { isFull } from './ballast.js'
import { beginFrame, finishFrame, hashFrame, SEGMENT_HEADER_BYTES } from './frame.js'
import { encodeClean, encodeRecord } from './item.js'
import { writeManifest } from './manifest.js'
import type { Mark } from './mark.js'
import type { Recovered } from './recovery.js'
import type { Chain, LogFormat } from './replay.js'
import { createSegment, type Segment } from './segment.js'

/** What one frame carries. */
export interface FrameContent {
  readonly entries: readonly Entry[]
  readonly cleans: readonly CleanMark[]
  readonly ceilingMs: number
  readonly epoch: number
}

/** About what the fields of an item take beside key and value. */
const ITEM_OVERHEAD_BYTES = 96

/** The growing end of the log, and the list of segments that make it up. */
export class LogWriter {
  readonly format: LogFormat
  readonly #disk: Disk
  readonly #segmentBytes: number
  readonly #chain: Chain
  readonly #segments = new Map<number, Segment>()
  #active: Segment
  #nextNumber: number
  #turn: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, segmentBytes: number, recovered: Recovered) {
    this.format = recovered.format
    this.#disk = disk
    this.#segmentBytes = segmentBytes
    this.#chain = recovered.chain
    this.#nextNumber = recovered.nextNumber
    for (const segment of recovered.segments) this.#segments.set(segment.number, segment)
    const active = recovered.segments.at(-1)
    if (active === undefined) throw new Error('a log has at least one segment')
    this.#active = active
  }

  get epoch(): number {
    return this.#chain.epoch
  }

  get ceilingMs(): number {
    return this.#chain.ceilingMs
  }

  /** What the last sync made durable. */
  get mark(): Mark {
    const { epoch, nextFrame, hash } = this.#chain
    return { storeId: this.format.storeId, epoch, frame: nextFrame - 1, hash: toHex(hash) }
  }

  segment(number: number): Segment | undefined {
    return this.#segments.get(number)
  }

  get segmentCount(): number {
    return this.#segments.size
  }

  /** The segments to which nothing is appended any more. */
  sealed(): Segment[] {
    return Array.from(this.#segments.values()).filter((segment) => segment !== this.#active)
  }

  /**
   * The segment with the newest frame. It alone is sure to carry the epoch and the ceiling of the
   * clock: a merged segment has neither, and after a roll on a full disk the active one is empty.
   */
  get lastOfChain(): Segment | undefined {
    return Array.from(this.#segments.values()).findLast(
      ({ kind, file }) => kind === 'log' && file.size > SEGMENT_HEADER_BYTES,
    )
  }

  /** True when the next frame begins a new segment. */
  get isDue(): boolean {
    return this.#active.file.size >= this.#segmentBytes
  }

  takeNumber(): number {
    return this.#nextNumber++
  }

  /**
   * Appends a frame and syncs it; returns where its entries stand. On a full disk it rejects with
   * the disk's error and leaves the log as it was; any other rejection leaves the end unknown.
   */
  async write(content: FrameContent): Promise<Location[]> {
    if (this.isDue) await this.#roll()
    const active = this.#active
    const at = active.file.size
    const { bytes, locations } = this.#encode(content, active.number, at)
    await appendWhole(active, bytes, at)
    await syncWhole(active)
    const chain = this.#chain
    chain.hash = hashFrame(bytes)
    chain.nextFrame++
    chain.nextSeq += content.entries.length + content.cleans.length
    chain.epoch = content.epoch
    chain.ceilingMs = Math.max(chain.ceilingMs, content.ceilingMs)
    return locations
  }

  /** Puts one segment in the place of others, durable; `adopt` runs before they are closed. */
  replace(victims: readonly Segment[], merged: Segment, adopt: () => void): Promise<void> {
    return this.#exclusive(async () => {
      const gone = new Set(victims)
      const rest = Array.from(this.#segments.values()).filter((segment) => !gone.has(segment))
      // Merged segments first: they hold nothing that a later segment needs to come before.
      await this.#writeManifest([merged, ...rest])
      this.#segments.clear()
      for (const segment of [merged, ...rest]) this.#segments.set(segment.number, segment)
      adopt()
    })
  }

  async close(): Promise<void> {
    for (const segment of this.#segments.values()) await segment.file.close().catch(() => {})
    this.#segments.clear()
  }

  #encode(
    content: FrameContent,
    segment: number,
    at: number,
  ): { readonly bytes: Uint8Array; readonly locations: Location[] } {
    const { writer, crc32, tag } = this.format
    const { entries, cleans } = content
    let capacity = cleans.length * ITEM_OVERHEAD_BYTES
    for (const entry of entries) capacity += entry.sizeBytes + ITEM_OVERHEAD_BYTES
    const out = beginFrame(capacity)
    const locations: Location[] = []
    for (const { record, dirty } of entries) {
      if (record === undefined) throw new Error('a queued entry lost its record')
      const offset = out.length
      const crc = encodeRecord(out, crc32, writer, record, dirty)
      locations.push({ segment, offset: at + offset, length: out.length - offset, crc })
    }
    for (const mark of cleans) encodeClean(out, crc32, writer, mark)
    const bytes = finishFrame(out, tag, crc32, {
      epoch: content.epoch,
      frame: this.#chain.nextFrame,
      firstSeq: this.#chain.nextSeq,
      ceilingMs: Math.max(this.#chain.ceilingMs, content.ceilingMs),
      count: entries.length + cleans.length,
      previousHash: this.#chain.hash,
    })
    return { bytes, locations }
  }

  /** Seals the active segment and begins the next one, durable. */
  #roll(): Promise<void> {
    return this.#exclusive(async () => {
      const [chain, sealed] = [this.#chain, this.#active]
      const begun = await createSegment(
        this.#disk,
        {
          tag: this.format.tag,
          storeId: this.format.storeId,
          number: this.takeNumber(),
          kind: 'log',
          startFrame: chain.nextFrame,
          startSeq: chain.nextSeq,
          startHash: chain.hash,
        },
        this.format.crc32,
      )
      sealed.seal(chain.nextFrame - 1, chain.hash)
      try {
        await this.#writeManifest([...this.#segments.values(), begun])
      } catch (error) {
        sealed.end = undefined
        await begun.file.close()
        // The manifest was not replaced on a full disk; after any other error nobody knows.
        if (isFull(error)) await this.#disk.remove(begun.name)
        throw error
      }
      this.#segments.set(begun.number, begun)
      this.#active = begun
    })
  }

  #writeManifest(segments: readonly Segment[]): Promise<void> {
    const { storeId } = this.format
    return writeManifest(this.#disk, { storeId, segments: segments.map(({ row }) => row) })
  }

  /** One change of the list of segments at a time. */
  #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(change)
    this.#turn = result.catch(() => {})
    return result
  }
}

/** Whatever the disk says: what a failed sync left behind is unknown, and a second one would not tell. */
const syncWhole = async (segment: Segment): Promise<void> => {
  try {
    await segment.file.sync()
  } catch (cause) {
    throw storeError('STORE_FAILED', `${segment.name} could not be synced: ${messageOf(cause)}`, {
      cause,
      details: { file: segment.name },
    })
  }
}

/** On a full disk takes back what a failed append left, so that the next frame follows the last. */
const appendWhole = async (segment: Segment, bytes: Uint8Array, at: number): Promise<void> => {
  try {
    await segment.file.append(bytes)
  } catch (error) {
    if (!isFull(error)) throw error
    try {
      await segment.file.truncate(at)
    } catch (cause) {
      throw new Error(`${segment.name} could not be cut back: ${messageOf(cause)}`, { cause })
    }
    throw error
  }
}
