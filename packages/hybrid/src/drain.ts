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

/** Records that a run may leave to a later one, as real did not take them; with more it is real. */
const LEFT_MAX = 64

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

  /** Sends all that is dirty at the call. Rejects with the first outage of real, or `ABORTED`. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, port } = this.#options.state
    await this.#sendAll(signal, Array.from(store.dirtyKeys()), () => {
      throw port.unavailable('a quorum did not take a record in time')
    })
  }

  /**
   * Sends the keys as far as they are dirty and their replicas can be reached. Some that a quorum does
   * not take in time stay dirty, as a key may be short of replicas, or locked, while all others are
   * well: the answer tells how many. Rejects as {@link run}, and where they are many.
   */
  async runSome(signal: AbortSignal, keys: readonly string[]): Promise<number> {
    const { state } = this.#options
    const reachable = keys.filter((key) => state.canReach(key))
    let left = 0
    await this.#sendAll(signal, reachable, () => {
      if (++left > LEFT_MAX)
        throw state.port.unavailable(`a quorum did not take ${left} records in time`)
    })
    return left
  }

  /** @param onLeft called for a record that a quorum did not take in time */
  async #sendAll(signal: AbortSignal, keys: readonly string[], onLeft: () => void): Promise<void> {
    const { tuning } = this.#options
    const failure = new AbortController()
    const both = AbortSignal.any([signal, failure.signal])
    let next = 0
    const work = async (): Promise<void> => {
      try {
        for (let key = keys[next++]; key !== undefined; key = keys[next++])
          if (!(await this.#send(key, both))) onLeft()
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
  }

  /** False when it stays dirty, as a quorum did not take it in time. */
  async #send(key: string, signal: AbortSignal): Promise<boolean> {
    const { state, deadLetters, clock } = this.#options
    const { store } = state
    throwIfAborted(signal)
    if (!store.isDirty(key) || state.deciding.has(key)) return true
    const head = store.head(key)
    if (head === undefined || deadLetters.isDead(head)) return true
    await this.#token(signal)
    const record = await this.#read(key)
    if (record === undefined || !store.isDirty(key) || state.deciding.has(key)) return true
    const { side, port } = state
    if (side === undefined) throw port.unavailable('there is no real side')
    try {
      const timeoutMs = SEND_TIMEOUT_MS
      const options = { level: 'quorum', timeoutMs, restamps: 'never', signal } as const
      const sent = side.port.apply(record, options)
      const onTimeout = (): Error => port.unavailable('real answers nothing at all')
      const limits = { signal, onTimeout }
      const { outcome } = await bounded(sent, clock, timeoutMs + GRACE_MS, limits)
      if (outcome === 'pending') return false
      deadLetters.forget(key)
      store.markClean([{ key, version: record.version }])
    } catch (error) {
      if (isAbort(error) || port.judge(error) === 'unavailable') throw error
      deadLetters.refused(record, error, clock.nowMs())
    }
    return true
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
