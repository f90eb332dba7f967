import { compareVersions } from '@bzzz/base'
import type { Entry } from './entry.js'

/**
 * Remembers the operations of this node's own writes: for as long as the record is the newest of
 * its key, and the last `supersededMax` of those that were superseded.
 */
export class OperationIndex {
  readonly #supersededMax: number
  readonly #byId = new Map<string, Entry>()
  /**
   * Superseded entries, oldest first, from the head on. A list and not a set: a set from which the
   * first is taken again and again walks over all that were taken before.
   */
  #order: Entry[] = []
  #head = 0
  #count = 0
  #isLoading = false

  constructor(supersededMax: number) {
    this.#supersededMax = supersededMax
  }

  get(opId: string): Entry | undefined {
    return this.#byId.get(opId)
  }

  /** The operation's newest stamp: a restamped operation keeps its id. */
  add(entry: Entry): void {
    const known = this.#byId.get(entry.opId)
    if (known !== undefined) {
      if (compareVersions(known.version, entry.version) >= 0) return
      this.#unlist(known)
    }
    this.#byId.set(entry.opId, entry)
  }

  /** Called for an entry that is not, or no longer, the newest of its key. */
  supersede(entry: Entry): void {
    if (entry.superseded || this.#byId.get(entry.opId) !== entry) return
    entry.superseded = true
    this.#order.push(entry)
    this.#count++
    if (!this.#isLoading) this.#trim()
  }

  /** True while a retry of exactly this stamp must be recognised although it is superseded. */
  isRemembered(entry: Entry): boolean {
    return entry.superseded
  }

  /** What is read from a log comes in any order: nothing is forgotten before all of it is here. */
  beginLoading(): void {
    this.#isLoading = true
  }

  endLoading(): void {
    this.#isLoading = false
    this.#order = this.superseded().toSorted((a, b) => compareVersions(a.version, b.version))
    this.#head = 0
    this.#trim()
  }

  superseded(): Entry[] {
    return this.#order.slice(this.#head).filter((entry) => entry.superseded)
  }

  #unlist(entry: Entry): void {
    if (!entry.superseded) return
    // Its place in the list is given back when the head comes by.
    entry.superseded = false
    this.#count--
  }

  #trim(): void {
    while (this.#count > this.#supersededMax) {
      const oldest = this.#order[this.#head++]
      if (oldest?.superseded !== true) continue
      this.#unlist(oldest)
      this.#byId.delete(oldest.opId)
    }
    if (this.#order.length <= 2 * this.#count + 1024) return
    this.#order = this.superseded()
    this.#head = 0
  }
}
