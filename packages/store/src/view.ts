import { compareVersions, type Version } from '@bzzz/base'
import type { Entry } from './entry.js'
import { OperationIndex } from './operation-index.js'
import { RangeDigests } from './range-digest.js'
import type { RecordHead } from './store.js'
import { ValueCache } from './value-cache.js'

export interface ViewOptions {
  /** Stamps made under this name are this node's own. */
  readonly writer: string
  readonly cacheBytesMax: number
  readonly supersededMax: number
  /** Hears of each entry that is no longer the newest of its key. */
  readonly onRetire: (entry: Entry) => void
}

const headOf = (entry: Entry): RecordHead => ({
  key: entry.key,
  version: entry.version,
  deleted: entry.deleted,
  expiresAtMs: entry.expiresAtMs,
})

const newer = (a: Version | undefined, b: Version | undefined): Version | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return compareVersions(a, b) >= 0 ? a : b
}

/** What is durable, by key: the newest record of each, what is dirty, whose operation it was. */
export class View {
  readonly operations: OperationIndex
  readonly digests: RangeDigests
  readonly cache: ValueCache
  readonly #writer: string
  readonly #onRetire: (entry: Entry) => void
  readonly #entries = new Map<string, Entry>()
  readonly #dirty = new Set<string>()
  #dirtyBytes = 0

  constructor(options: ViewOptions) {
    this.#writer = options.writer
    this.#onRetire = options.onRetire
    this.operations = new OperationIndex(options.supersededMax)
    this.cache = new ValueCache(options.cacheBytesMax)
    this.digests = new RangeDigests((key) => this.head(key))
  }

  get size(): number {
    return this.#entries.size
  }

  get dirtyBytes(): number {
    return this.#dirtyBytes
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  head(key: string): RecordHead | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined ? undefined : headOf(entry)
  }

  entries(): Iterable<Entry> {
    return this.#entries.values()
  }

  isDirty(key: string): boolean {
    return this.#dirty.has(key)
  }

  dirtyKeys(): Iterable<string> {
    return Array.from(this.#dirty)
  }

  /** Takes in a durable record. Returns false when a newer one of its key, or the same, is here. */
  put(entry: Entry): boolean {
    const before = this.#entries.get(entry.key)
    const isOwn = entry.version.writer === this.#writer
    if (isOwn) {
      entry.ownVersion = entry.version
      this.operations.add(entry)
    }
    if (before !== undefined && compareVersions(before.version, entry.version) >= 0) {
      if (before === entry) return false
      before.ownVersion = newer(before.ownVersion, entry.ownVersion)
      if (isOwn) this.operations.supersede(entry)
      entry.record = undefined
      return false
    }
    if (before !== undefined) {
      entry.ownVersion = newer(entry.ownVersion, before.ownVersion)
      this.#retire(before)
    }
    this.#entries.set(entry.key, entry)
    this.digests.note(entry.key, before)
    if (entry.dirty) this.#mark(entry)
    if (entry.record !== undefined) this.cache.add(entry)
    return true
  }

  /** Clears the dirty mark of a key that is still at this version; returns its entry if it did. */
  markClean(key: string, version: Version): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || !entry.dirty) return undefined
    if (compareVersions(entry.version, version) !== 0) return undefined
    this.#unmark(entry)
    return entry
  }

  /** Takes in a superseded operation of this node, of which only the mark is left. */
  putOperation(entry: Entry): void {
    this.operations.add(entry)
    this.operations.supersede(entry)
  }

  /** Everything that was in the log has been put. */
  endLoading(): void {
    this.operations.endLoading()
    for (const entry of this.operations.superseded()) {
      const newest = this.#entries.get(entry.key)
      if (newest !== undefined) newest.ownVersion = newer(newest.ownVersion, entry.version)
    }
  }

  #retire(entry: Entry): void {
    this.#onRetire(entry)
    this.cache.drop(entry)
    if (entry.dirty) this.#unmark(entry)
    if (entry.version.writer === this.#writer) this.operations.supersede(entry)
  }

  #mark(entry: Entry): void {
    this.#dirty.add(entry.key)
    this.#dirtyBytes += entry.sizeBytes
  }

  #unmark(entry: Entry): void {
    entry.dirty = false
    this.#dirty.delete(entry.key)
    this.#dirtyBytes -= entry.sizeBytes
  }
}
