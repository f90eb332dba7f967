import type { Entry } from './entry.js'

/** What an object and its strings take beside the value, roughly; keeps a cache of tiny values honest. */
const OVERHEAD_BYTES = 256

/**
 * Keeps values of the newest records in memory, up to a bound in bytes. Second chance rather than
 * least recently used: a read sets a flag and moves nothing.
 */
export class ValueCache {
  readonly #bytesMax: number
  #ring: Entry[] = []
  #hand = 0
  #bytes = 0

  /** @param bytesMax `Infinity` keeps everything */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes in an entry whose record was just set. */
  add(entry: Entry): void {
    if (this.#bytesMax === Infinity) return
    this.#ring.push(entry)
    this.#bytes += entry.sizeBytes + OVERHEAD_BYTES
    while (this.#bytes > this.#bytesMax && this.#hand < this.#ring.length) this.#step()
    if (this.#hand > 1024 && this.#hand * 2 > this.#ring.length) {
      this.#ring = this.#ring.slice(this.#hand)
      this.#hand = 0
    }
  }

  /** Forgets the value of an entry that is no longer the newest of its key. */
  drop(entry: Entry): void {
    // Its place in the ring is given back when the hand comes by.
    entry.record = undefined
  }

  #step(): void {
    const entry = this.#ring[this.#hand++]
    if (entry === undefined) return
    if (entry.touched && entry.record !== undefined) {
      entry.touched = false
      this.#ring.push(entry)
      return
    }
    this.#bytes -= entry.sizeBytes + OVERHEAD_BYTES
    entry.record = undefined
  }
}
