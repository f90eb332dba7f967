import type { Clock, StampedRecord } from '@bzzz/base'
import type { Store } from '@bzzz/store'
import { DRAIN_MAX } from './limits.js'

/** Unreadable keys that are remembered as reported. */
const REPORTED_MAX = 1024

export interface DirtyPumpOptions {
  readonly store: Store
  readonly clock: Clock
  /** No further records are taken on now; the next run goes on. */
  readonly isFull: () => boolean
  /** The key is on its way already. */
  readonly isUnderway: (key: string) => boolean
  readonly start: (record: StampedRecord) => void
  /** Hears that a record cannot be read, once for each. */
  readonly onError: (error: unknown) => void
}

/** Goes through the records that the store marks as not replicated. */
export class DirtyPump {
  readonly #options: DirtyPumpOptions
  readonly #reported = new Set<string>()
  #isRunning = false
  #mustRunAgain = false
  #isStopped = false

  constructor(options: DirtyPumpOptions) {
    this.#options = options
  }

  run(): void {
    this.#mustRunAgain = true
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#runAll().finally(() => {
      this.#isRunning = false
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  async #runAll(): Promise<void> {
    while (this.#mustRunAgain && !this.#isStopped) {
      this.#mustRunAgain = false
      await this.#runOnce().catch(() => {})
    }
  }

  async #runOnce(): Promise<void> {
    const { store, clock, isFull, isUnderway, start } = this.#options
    let count = 0
    for (const key of Array.from(store.dirtyKeys())) {
      if (isFull() || this.#isStopped) return
      if (isUnderway(key)) continue
      const record = await this.#read(key)
      if (record === undefined || !store.isDirty(key) || isUnderway(key)) continue
      start(record)
      if (++count % DRAIN_MAX === 0)
        await new Promise<void>((resolve) => {
          clock.setTimer(resolve, 1)
        })
    }
  }

  /** Undefined when it cannot be read: that holds up no other key. */
  async #read(key: string): Promise<StampedRecord | undefined> {
    try {
      return await this.#options.store.read(key)
    } catch (error) {
      if (this.#isStopped || this.#reported.has(key)) return undefined
      if (this.#reported.size >= REPORTED_MAX) this.#reported.clear()
      this.#reported.add(key)
      this.#options.onError(error)
      return undefined
    }
  }
}
