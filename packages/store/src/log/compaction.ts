import { compareVersions, type ByteWriter, type Disk } from '@bzzz/base'
import type { Entry, Location } from '../entry.js'
import type { View } from '../view.js'
import { beginFrame, finishFrame, genesisHash, hashFrame } from './frame.js'
import { copyItem, copyRecord, encodeOperation, type Item } from './item.js'
import { enterSegment, firstChain, SegmentWalk, type FrameItem, type LogFormat } from './replay.js'
import { createSegment, type Segment } from './segment.js'

/** Written at once, so that writers wait for the disk no longer than for a batch of their own. */
const SLICE_BYTES = 256 * 1024

export interface CompactionOptions {
  readonly disk: Disk
  readonly format: LogFormat
  readonly view: View
  readonly victims: readonly Segment[]
  /** Number of the segment to write. */
  readonly number: number
  /** Throws when the store is stopping. */
  readonly checkpoint: () => void
}

export interface Compacted {
  /** Sealed and synced; nothing names it yet. */
  readonly segment: Segment
  /**
   * To be called once the manifest names the new segment: points the index there, and returns the
   * places of records that are still the newest of their key.
   */
  readonly adopt: () => Location[]
}

interface Move {
  readonly entry: Entry
  readonly to: Location
}

const isAt = (entry: Entry | undefined, location: Location): entry is Entry =>
  entry?.location !== undefined &&
  entry.location.segment === location.segment &&
  entry.location.offset === location.offset

/** Collects what is still needed of the victims into frames of a new segment. */
class Merge {
  readonly #options: CompactionOptions
  readonly #segment: Segment
  readonly #victims: ReadonlySet<number>
  readonly moves: Move[] = []
  #out: ByteWriter = beginFrame(SLICE_BYTES)
  #count = 0
  #frame = 0
  #seq = 0
  #hash: Uint8Array
  #full: Uint8Array[] = []
  #at: number

  constructor(options: CompactionOptions, segment: Segment) {
    this.#options = options
    this.#segment = segment
    this.#victims = new Set(options.victims.map(({ number }) => number))
    this.#hash = genesisHash(options.format.storeId, 'merged', segment.number)
    this.#at = segment.file.size
  }

  /** Copies the item if it is needed. Called while a victim is read, in one go. */
  consider(item: Item, location: Location, { body }: FrameItem): void {
    const { view, format } = this.#options
    if (item.kind === 'clean') {
      const entry = view.get(item.key)
      // A record of another victim is copied with the mark that it has now.
      const isNeeded =
        entry !== undefined &&
        !entry.dirty &&
        compareVersions(entry.version, item.version) === 0 &&
        !this.#victims.has(entry.location?.segment ?? -1)
      if (isNeeded) this.#add(() => copyItem(this.#out, format.crc32, body))
      return
    }
    const { key, opId } = item.kind === 'record' ? item.record : item
    const newest = view.get(key)
    if (item.kind === 'record' && isAt(newest, location)) {
      const { dirty } = newest
      this.#add(() => copyRecord(this.#out, format.crc32, body, dirty), newest)
      return
    }
    const operation = view.operations.get(opId)
    if (!isAt(operation, location) || !view.operations.isRemembered(operation)) return
    this.#add(() => encodeOperation(this.#out, format.crc32, operation), operation)
  }

  /** Writes the frames that are full; all of them at the end. */
  async flush(isEnd: boolean): Promise<void> {
    if (isEnd) this.#close()
    for (const frame of this.#full) {
      this.#options.checkpoint()
      await this.#segment.file.append(frame)
    }
    this.#full = []
    if (!isEnd) return
    await this.#segment.file.sync()
    this.#segment.seal(this.#frame - 1, this.#hash)
  }

  #add(encode: () => number, entry?: Entry): void {
    const before = this.#out.length
    const crc = encode()
    this.#count++
    const length = this.#out.length - before
    if (entry?.location !== undefined) {
      const to = { segment: this.#segment.number, offset: this.#at + before, length, crc }
      this.moves.push({ entry, to })
    }
    if (this.#out.length >= SLICE_BYTES) this.#close()
  }

  #close(): void {
    if (this.#count === 0) return
    const { format } = this.#options
    const bytes = finishFrame(this.#out, format.tag, format.crc32, {
      epoch: 0,
      frame: this.#frame++,
      firstSeq: this.#seq,
      ceilingMs: 0,
      count: this.#count,
      previousHash: this.#hash,
    })
    this.#hash = hashFrame(bytes)
    this.#seq += this.#count
    this.#at += bytes.length
    this.#full.push(bytes)
    this.#out = beginFrame(SLICE_BYTES)
    this.#count = 0
  }
}

/**
 * Rewrites what is still needed of the victims into one new segment: newest records, tombstones
 * included, with the dirty marks that they have now; marks of operations that a retry must find;
 * clean marks of records elsewhere. Rejects with `STORE_DAMAGED` before anything is replaced.
 */
export const compact = async (options: CompactionOptions): Promise<Compacted> => {
  const { disk, format, number } = options
  const startHash = genesisHash(format.storeId, 'merged', number)
  const header = {
    ...format,
    number,
    kind: 'merged' as const,
    startFrame: 0,
    startSeq: 0,
    startHash,
  }
  const segment = await createSegment(disk, header, format.crc32)
  try {
    const merge = new Merge(options, segment)
    for (const victim of options.victims) await readVictim(options, victim, merge)
    await merge.flush(true)
    return {
      segment,
      adopt: () => {
        for (const { entry, to } of merge.moves) entry.location = to
        return merge.moves
          .filter(({ entry }) => options.view.get(entry.key) === entry)
          .map(({ to }) => to)
      },
    }
  } catch (error) {
    await segment.file.close()
    await disk.remove(segment.name).catch(() => {})
    throw error
  }
}

const readVictim = async (
  options: CompactionOptions,
  victim: Segment,
  merge: Merge,
): Promise<void> => {
  const { format, checkpoint } = options
  const bytes = await victim.file.read(0, victim.file.size)
  const chain = enterSegment(victim, bytes, format, firstChain(format.storeId))
  const walk = new SegmentWalk(victim, bytes, format, chain, {
    item: (item, location, raw) => {
      merge.consider(item, location, raw)
    },
  })
  let pausedAt = 0
  while (walk.step()) {
    if (walk.offset - pausedAt < SLICE_BYTES) continue
    pausedAt = walk.offset
    checkpoint()
    await merge.flush(false)
    // Where everything read was garbage, nothing was written. Waiting for any answer of the disk
    // lets the event loop turn, without a timer.
    await victim.file.read(0, 1)
  }
  checkpoint()
  await merge.flush(false)
}
