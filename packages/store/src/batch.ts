import type { Version } from '@bzzz/base'
import type { Entry } from './entry.js'

/** A key whose record at this version is on its replicas. */
export interface CleanMark {
  readonly key: string
  readonly version: Version
}

/** What one sync makes durable. */
export class Batch {
  readonly entries: Entry[] = []
  cleans: CleanMark[] = []
  /** Ceiling of the hybrid clock that this batch persists. */
  ceilingMs = 0
  /** Bytes of keys and values, for the bounds of queue and batch. */
  bytes = 0
  readonly committed: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.committed = promise
    this.resolve = resolve
    this.reject = reject
    // Whoever waits for the batch hears of a failure; nobody waiting is not an unhandled error.
    promise.catch(() => {})
  }

  add(entry: Entry): void {
    this.entries.push(entry)
    this.bytes += entry.sizeBytes
  }
}
