import { compareVersions } from '@bzzz/base'
import type { Entry } from './entry.js'

/**
 * Remembers the operations of this node's own writes: for as long as the record is the newest of
 * its key, and the last `supersededMax` of those that were superseded.
 */
export class OperationIndex {
  readonly #supersededMax: number
  readonly #byId = new Map<string, Entry>()
  /** In order of being superseded, oldest first. */
  #superseded = new Set<Entry>()
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
      this.#superseded.delete(known)
    }
    this.#byId.set(entry.opId, entry)
  }

  /** Called for an entry that is not, or no longer, the newest of its key. */
  supersede(entry: Entry): void {
    if (this.#byId.get(entry.opId) !== entry) return
    this.#superseded.add(entry)
    if (!this.#isLoading) this.#trim()
  }

  /** What is read from a log comes in any order: nothing is forgotten before all of it is here. */
  beginLoading(): void {
    this.#isLoading = true
  }

  endLoading(): void {
    this.#isLoading = false
    this.#superseded = new Set(
      Array.from(this.#superseded).toSorted((a, b) => compareVersions(a.version, b.version)),
    )
    this.#trim()
  }

  superseded(): Iterable<Entry> {
    return this.#superseded
  }

  #trim(): void {
    for (const oldest of this.#superseded) {
      if (this.#superseded.size <= this.#supersededMax) return
      this.#superseded.delete(oldest)
      this.#byId.delete(oldest.opId)
    }
  }

  /** True while a retry of exactly this stamp must be recognised although it is superseded. */
  isRemembered(entry: Entry): boolean {
    return this.#superseded.has(entry)
  }
}
