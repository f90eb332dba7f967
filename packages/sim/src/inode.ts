import type { Random } from '@bzzz/base'

/** The unit that disks write whole; what is torn is torn between two of them. */
const SECTOR_BYTES = 512

/**
 * What a power cut leaves of bytes that were written and not synced.
 * - `lost`: nothing.
 * - `prefix`: the first so many bytes, by seed.
 * - `sectors`: any sectors, by seed; the others read as zeros.
 */
export type Tearing = 'lost' | 'prefix' | 'sectors'

/** One file's content: as processes read it, and what of it is on the platter. */
export class Inode {
  #buffer: Uint8Array
  #size: number
  /** Content below this is on the platter, but for {@link #holes}. */
  #syncedBytes: number
  /** Ranges that a failed sync has lost: the platter has zeros there. */
  #holes: (readonly [from: number, to: number])[] = []
  /** The platter before a truncation that was not synced. */
  #beforeCut: Uint8Array | undefined

  /** @param platter takes it over */
  constructor(platter: Uint8Array = new Uint8Array()) {
    this.#buffer = platter
    this.#size = platter.length
    this.#syncedBytes = platter.length
  }

  get size(): number {
    return this.#size
  }

  /** A copy of what processes read. */
  read(from = 0, to: number = this.#size): Uint8Array {
    return this.#buffer.slice(from, Math.min(to, this.#size))
  }

  append(bytes: Uint8Array): void {
    const size = this.#size + bytes.length
    if (size > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(size, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#size))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#size)
    this.#size = size
  }

  truncate(size: number): void {
    if (size < this.#syncedBytes) this.#beforeCut ??= this.#platter()
    if (size > this.#size) this.append(new Uint8Array(size - this.#size))
    this.#buffer.fill(0, size)
    this.#size = size
    this.#syncedBytes = Math.min(this.#syncedBytes, size)
    this.#holes = this.#holes.filter(([from]) => from < size)
  }

  sync(): void {
    this.#syncedBytes = this.#size
    this.#beforeCut = undefined
  }

  /**
   * A sync that failed: the system marks the pages clean and forgets that they never reached the
   * platter, so that a later sync that succeeds does not write them either.
   */
  loseUnsynced(): void {
    if (this.#size > this.#syncedBytes) this.#holes.push([this.#syncedBytes, this.#size])
    this.sync()
  }

  /** Damages one bit, on the platter and for readers. */
  flip(offset: number, bit: number): void {
    const byte = offset < this.#size ? this.#buffer[offset] : undefined
    if (byte === undefined) throw new RangeError(`the file has no byte ${offset}`)
    this.#buffer[offset] = byte ^ (1 << bit)
  }

  /** The file as it is found after a power cut. */
  afterPowerCut(tearing: Tearing, random: Random): Inode {
    if (tearing === 'lost') return new Inode(this.#beforeCut ?? this.#platter())
    // A truncation that was not synced happened or did not.
    if (this.#beforeCut !== undefined && random.next() < 0.5) return new Inode(this.#beforeCut)
    const pending = this.#size - this.#syncedBytes
    if (pending === 0) return new Inode(this.#platter())
    const size = this.#syncedBytes + random.int(pending + 1)
    return new Inode(this.#torn(size, () => tearing === 'prefix' || random.next() < 0.5))
  }

  #platter(): Uint8Array {
    const found = this.#buffer.slice(0, this.#syncedBytes)
    for (const [from, to] of this.#holes) found.fill(0, from, to)
    return found
  }

  #torn(size: number, isWritten: () => boolean): Uint8Array {
    const found = new Uint8Array(size)
    found.set(this.#platter())
    for (let at = this.#syncedBytes; at < size;) {
      const end = Math.min(size, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES)
      if (isWritten()) found.set(this.#buffer.subarray(at, end), at)
      at = end
    }
    return found
  }
}
