import { codeOf, messageOf, toHex, type Disk, type DiskFile } from '@bzzz/base'
import type { Location } from '../entry.js'
import { storeError } from '../errors.js'
import type { Crc32 } from '../store-engine.js'
import { encodeSegmentHeader, type SegmentHeader } from './frame.js'
import { ITEM_HEADER_BYTES } from './item.js'
import type { SegmentEnd, SegmentKind, SegmentRow } from './manifest.js'

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.log`

/** The number in a segment's name, or undefined for the name of something else. */
export const segmentNumber = (name: string): number | undefined =>
  /^\d{8}\.log$/.test(name) ? Number.parseInt(name, 10) : undefined

/** One file of frames. */
export class Segment {
  readonly number: number
  readonly kind: SegmentKind
  readonly file: DiskFile
  /** Set when nothing is appended any more. */
  end: SegmentEnd | undefined
  #readers = 0
  #retired: (() => void) | undefined

  constructor(row: SegmentRow, file: DiskFile) {
    this.number = row.number
    this.kind = row.kind
    this.end = row.end
    this.file = file
  }

  get name(): string {
    return segmentName(this.number)
  }

  get row(): SegmentRow {
    return { number: this.number, kind: this.kind, end: this.end }
  }

  /** Nothing is appended any more: this is how it ends. */
  seal(frame: number, hash: Uint8Array): void {
    this.end = { bytes: this.file.size, frame, hash: toHex(hash) }
  }

  /** The body of an item, its CRC checked. Rejects with `STORE_DAMAGED`. */
  async read(location: Location, crc32: Crc32): Promise<Uint8Array> {
    this.#readers++
    try {
      const bytes = await this.file.read(location.offset, location.length)
      const body = bytes.subarray(ITEM_HEADER_BYTES)
      if (bytes.length === location.length && crc32(body) === location.crc) return body
      throw damagedAt(this.name, location.offset, location.offset + location.length)
    } catch (error) {
      if (codeOf(error) === 'STORE_DAMAGED') throw error
      throw storeError('STORE_DAMAGED', `${this.name} cannot be read: ${messageOf(error)}`, {
        cause: error,
        details: { file: this.name, from: location.offset },
      })
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#retired?.()
    }
  }

  /** Closes and removes the file when no reader is left. */
  async retire(disk: Disk): Promise<void> {
    if (this.#readers > 0)
      await new Promise<void>((resolve) => {
        this.#retired = resolve
      })
    await this.file.close()
    await disk.remove(this.name)
  }
}

/** Creates the file with its header, durable, before anything names it. */
export const createSegment = async (
  disk: Disk,
  header: SegmentHeader,
  crc32: Crc32,
): Promise<Segment> => {
  const name = segmentName(header.number)
  const file = await disk.open(name, { create: true })
  try {
    // A leftover of an interrupted step may have taken the name.
    if (file.size > 0) await file.truncate(0)
    await file.append(encodeSegmentHeader(header, crc32))
    await file.sync()
    await disk.syncDirectory()
    return new Segment({ number: header.number, kind: header.kind }, file)
  } catch (error) {
    await file.close()
    await disk.remove(name).catch(() => {})
    throw error
  }
}

export const damagedAt = (file: string, from: number, to: number): Error =>
  storeError('STORE_DAMAGED', `${file} is damaged between bytes ${from} and ${to}`, {
    details: { file, from, to },
  })
