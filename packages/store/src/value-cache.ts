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
  #held = 0

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
    this.#bytes += costOf(entry)
    this.#held++
    while (this.#bytes > this.#bytesMax && this.#hand < this.#ring.length) this.#step()
    // Places of entries that were dropped pile up when the hand need not move.
    if (this.#ring.length > 2 * this.#held + 1024) this.#tidy()
  }

  /** Forgets the value of an entry that is no longer the newest of its key. */
  drop(entry: Entry): void {
    if (entry.record === undefined) return
    entry.record = undefined
    if (this.#bytesMax === Infinity) return
    this.#bytes -= costOf(entry)
    this.#held--
  }

  #step(): void {
    const entry = this.#ring[this.#hand++]
    if (entry?.record === undefined) return
    if (!entry.touched) {
      this.drop(entry)
      return
    }
    entry.touched = false
    this.#ring.push(entry)
  }

  #tidy(): void {
    this.#ring = this.#ring.slice(this.#hand).filter(({ record }) => record !== undefined)
    this.#hand = 0
  }
}

const costOf = (entry: Entry): number => entry.sizeBytes + OVERHEAD_BYTES
