import { codeOf, newOperationId, utf8, type Clock, type Random } from '@bzzz/base'
import type { NodeClient } from './node-client.js'

/** What one kind of call saw, from its start to the last answer. */
export class CallLog {
  readonly #clock: Clock
  #lastSuccessAtMs: number
  #longestGapMs = 0
  succeeded = 0
  /** Answered, but not at the level asked for. */
  pending = 0
  readonly failures = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastSuccessAtMs = clock.monotonicMs()
  }

  success(): void {
    const nowMs = this.#clock.monotonicMs()
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastSuccessAtMs)
    this.#lastSuccessAtMs = nowMs
    this.succeeded += 1
  }

  failure(error: unknown): void {
    const code = codeOf(error) ?? 'unknown'
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1)
  }

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Longest time without a success, the one that still lasts included, milliseconds. */
  longestGapMs(): number {
    return Math.max(this.#longestGapMs, this.#clock.monotonicMs() - this.#lastSuccessAtMs)
  }
}

export interface LoadOptions {
  readonly writer: NodeClient
  readonly reader: NodeClient
  readonly readLevel: 'local' | 'quorum'
  readonly clock: Clock
  readonly random: Random
  /** Ends the load after the calls in flight. */
  readonly until: AbortSignal
}

/** Values that were acknowledged, and what a reader saw that it must not see. */
export interface LoadResult {
  readonly writes: CallLog
  readonly reads: CallLog
  /** Keys and values of the writes that were acknowledged. */
  readonly acknowledged: readonly (readonly [key: string, value: string])[]
  readonly wrong: readonly string[]
}

const LANES = 4

/** A write that fails is an open question, not a pause; without this a dead server is asked 10,000 times a second. */
const PAUSE_AFTER_FAILURE_MS = 10

/** Runs readers and writers next to each other; starts at once, resolves when `until` has fired. */
export const startLoad = (
  options: LoadOptions,
): { readonly now: LoadResult; readonly done: Promise<LoadResult> } => {
  const { writer, reader, readLevel, clock, random, until } = options
  const acknowledged: (readonly [key: string, value: string])[] = []
  const wrong: string[] = []
  const writes = new CallLog(clock)
  const reads = new CallLog(clock)
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimer(resolve, PAUSE_AFTER_FAILURE_MS)
    })

  const write = async (key: string, value: string): Promise<void> => {
    try {
      const { outcome } = await writer.put(key, utf8(value), newOperationId(random))
      if (outcome === 'pending') writes.pending += 1
      else {
        writes.success()
        acknowledged.push([key, value])
      }
    } catch (error) {
      writes.failure(error)
      await pause()
    }
  }
  const read = async (key: string, expected: string): Promise<void> => {
    try {
      const found = await reader.get(key, readLevel)
      reads.success()
      if (found === undefined || Buffer.from(found.value).toString() !== expected)
        wrong.push(
          `${key}: wanted ${expected}, got ${found === undefined ? 'nothing' : Buffer.from(found.value).toString().slice(0, 60)}`,
        )
    } catch (error) {
      reads.failure(error)
      await pause()
    }
  }
  const writing = async (lane: number): Promise<void> => {
    // A key is written once: what a later read must find does not depend on timing then.
    for (let i = 0; !until.aborted; i++) await write(`demo/load/${lane}/${i}`, `${lane}.${i}`)
  }
  const reading = async (): Promise<void> => {
    while (!until.aborted) {
      const entry = acknowledged[random.int(Math.max(1, acknowledged.length))]
      if (entry === undefined) await pause()
      else await read(...entry)
    }
  }
  const now: LoadResult = { writes, reads, acknowledged, wrong }
  const lanes = Array.from({ length: LANES }, (_, lane) => [writing(lane), reading()])
  return { now, done: Promise.all(lanes.flat()).then(() => now) }
}
