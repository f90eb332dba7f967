import { compareHlc, compareVersions, type Hlc, type Version } from '@bzzz/base'
import { entryOf, type Entry, type Location } from '../entry.js'
import type { Crc32 } from '../store-engine.js'
import type { View } from '../view.js'
import type { Item, OperationItem, RecordItem } from './item.js'

/** Builds the view from the items of the log. */
export class Loading {
  readonly #view: View
  readonly #crc32: Crc32
  readonly #loaded: (location: Location) => void
  /** Clean marks that came before their record, as they may behind compaction. */
  readonly #early = new Map<string, Version>()
  last: Hlc | undefined

  /** @param loaded hears where each record stands that is, for now, the newest of its key */
  constructor(view: View, crc32: Crc32, loaded: (location: Location) => void) {
    this.#view = view
    this.#crc32 = crc32
    this.#loaded = loaded
    view.operations.beginLoading()
  }

  end(): void {
    this.#view.endLoading()
  }

  item(item: Item, location: Location): void {
    const version = item.kind === 'record' ? item.record.version : item.version
    if (this.last === undefined || compareHlc(version, this.last) > 0) this.last = version
    if (item.kind === 'record') this.#record(item, location)
    else if (item.kind === 'operation') this.#view.putOperation(operationEntry(item, location))
    else if (this.#view.markClean(item.key, item.version) === undefined)
      this.#early.set(item.key, item.version)
  }

  #record(item: RecordItem, location: Location): void {
    const { record } = item
    const entry = entryOf(record, this.#crc32(record.value), item.dirty)
    // The bytes are part of a whole segment, which must not be kept for them.
    entry.record = undefined
    entry.location = location
    const early = this.#early.get(record.key)
    if (early !== undefined && compareVersions(early, record.version) === 0) entry.dirty = false
    if (this.#view.put(entry)) this.#loaded(location)
  }
}

const operationEntry = (item: OperationItem, location: Location): Entry => ({
  key: item.key,
  version: item.version,
  deleted: item.deleted,
  expiresAtMs: item.expiresAtMs,
  opId: item.opId,
  contentCrc: item.contentCrc,
  sizeBytes: 0,
  ownVersion: item.version,
  superseded: false,
  dirty: false,
  location,
  record: undefined,
  touched: false,
})
