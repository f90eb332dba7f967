import { delay, isAbort, throwIfAborted, type Clock, type StampedRecord } from '@bzzz/base'
import { bounded } from './bounded.js'
import type { DeadLetters } from './dead-letters.js'
import type { Switchable } from './hybrid.js'
import { FULL_BUCKET, takeTokens, type BucketState } from './pure/token-bucket.js'
import type { HybridState } from './state.js'
import type { Tuning } from './tuning.js'

export interface DrainOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly deadLetters: DeadLetters
  readonly clock: Clock
  readonly tuning: Pick<Tuning, 'drainInFlightMax' | 'drainPerS'>
}

/** Longest wait for the replicas of one record, milliseconds; the next round tries again. */
const SEND_TIMEOUT_MS = 1_000

/** Real gets this long beyond to say so itself, milliseconds. */
const GRACE_MS = 250

/**
 * Sends what real lacks, under a token bucket, so that recovery is not the second outage. The newest
 * record of a key stands for all before it, so the order per key holds by itself.
 */
export class Drain<I extends Switchable> {
  readonly #options: DrainOptions<I>
  #bucket: BucketState = FULL_BUCKET

  constructor(options: DrainOptions<I>) {
    this.#options = options
  }

  /**
   * Sends the keys as far as they are dirty, by default all that are so at the call, and answers with
   * them. Rejects with the first outage of real, or `ABORTED`.
   */
  async run(
    signal: AbortSignal,
    keys: readonly string[] = Array.from(this.#options.state.store.dirtyKeys()),
  ): Promise<readonly string[]> {
    const { tuning } = this.#options
    const failure = new AbortController()
    const both = AbortSignal.any([signal, failure.signal])
    let next = 0
    const work = async (): Promise<void> => {
      try {
        for (let key = keys[next++]; key !== undefined; key = keys[next++])
          await this.#send(key, both)
      } catch (error) {
        failure.abort(error)
        throw error
      }
    }
    const workers = Math.min(tuning.drainInFlightMax, keys.length)
    const ended = await Promise.allSettled(Array.from({ length: workers }, work))
    throwIfAborted(signal)
    const failed = ended.find((end) => end.status === 'rejected' && !isAbort(end.reason))
    if (failed?.status === 'rejected') throw failed.reason
    return keys
  }

  async #send(key: string, signal: AbortSignal): Promise<void> {
    const { state, deadLetters, clock } = this.#options
    const { store } = state
    throwIfAborted(signal)
    if (!store.isDirty(key) || state.deciding.has(key)) return
    const head = store.head(key)
    if (head === undefined || deadLetters.isDead(head)) return
    await this.#token(signal)
    const record = await this.#read(key)
    if (record === undefined || !store.isDirty(key) || state.deciding.has(key)) return
    const { side, port } = state
    if (side === undefined) throw port.unavailable('there is no real side')
    try {
      const timeoutMs = SEND_TIMEOUT_MS
      const options = { level: 'quorum', timeoutMs, restamps: 'never', signal } as const
      const sent = side.port.apply(record, options)
      const onTimeout = (): Error => port.unavailable('real answers nothing at all')
      const limits = { signal, onTimeout }
      const { outcome } = await bounded(sent, clock, timeoutMs + GRACE_MS, limits)
      if (outcome === 'pending')
        throw port.unavailable(`a quorum did not take a record within ${timeoutMs} ms`)
      deadLetters.forget(key)
      store.markClean([{ key, version: record.version }])
    } catch (error) {
      if (isAbort(error) || port.judge(error) === 'unavailable') throw error
      deadLetters.refused(record, error, clock.nowMs())
    }
  }

  async #read(key: string): Promise<StampedRecord | undefined> {
    const { state, deadLetters, clock } = this.#options
    try {
      return await state.store.read(key)
    } catch (error) {
      const head = state.store.head(key)
      if (head !== undefined)
        deadLetters.refused({ ...head, value: new Uint8Array(0), opId: '' }, error, clock.nowMs())
      return undefined
    }
  }

  async #token(signal: AbortSignal): Promise<void> {
    const { clock, tuning } = this.#options
    const policy = { perS: tuning.drainPerS, burst: tuning.drainInFlightMax }
    for (;;) {
      const nowMs = clock.monotonicMs()
      const { state, granted, retryAtMs } = takeTokens(this.#bucket, 1, nowMs, policy)
      this.#bucket = state
      if (granted === 1) return
      await delay(clock, retryAtMs - nowMs, { signal })
    }
  }
}
