import {
  abortable,
  isAbort,
  newOperationId,
  replicasFor,
  throwIfAborted,
  type Acknowledgement,
  type Clock,
  type Level,
  type Random,
  type StampedRecord,
  type Version,
} from '@bzzz/base'
import type { Append } from '@bzzz/store'
import { hybridError } from './errors.js'
import type { Switchable } from './hybrid.js'
import { isOrdinaryLevel, type Asked, type AskedEnds, type RealCalls } from './real-calls.js'
import { KeyQuestion } from './key-question.js'
import { decidesHere, routeOf } from './router.js'
import { isStamped, optionsOf, type WriteRow } from './rows.js'
import type { HybridState } from './state.js'
import type { Stats } from './stats.js'

export interface WritesOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly calls: RealCalls
  readonly stats: Stats
  readonly clock: Clock
  readonly random: Random
  readonly cohortOf: (key: string) => number
  readonly strictTimeoutMs: number
  readonly dirtyBytesMax: () => number
  /** Real refused this record for good, or took it: see the dead letters. */
  readonly onRefused: (record: StampedRecord, error: unknown) => void
}

/** Records on their way that nobody waits for; beyond, the dirty mark alone remembers. */
const BACKGROUND_MAX = 1024

/** While a stop waits no longer for real, what still begins to ask it is ended so soon, milliseconds. */
const STOPPING_TICK_MS = 50

/** No store ever gave this version out: a known operation is found, and any other one is refused. */
const NEVER: Version = { wallMs: 0, counter: 0, writer: '' }

const WRITE_ENDS: AskedEnds<Asked> = {
  answered: (_asked, answer) => answer,
  unavailable: (_asked, error) => {
    throw error
  },
  isGood: (answer) => (answer as Partial<Acknowledgement> | undefined)?.outcome !== 'pending',
}

/** What a write asked for. */
interface Wanted {
  readonly level: Level
  /** `firm`: a level that the caller named; `soft`: the level that real gives while it serves. */
  readonly kind: 'local' | 'soft' | 'firm'
  readonly timeoutMs: number
  /** Neither level nor wait are of the caller's own choice. */
  readonly isOrdinary: boolean
  readonly signal: AbortSignal | undefined
}

/** Writes of one hybrid: to the store first, whatever the mode; from there to the peers. */
export class Writes<I extends Switchable> {
  readonly #options: WritesOptions<I>
  readonly #state: HybridState<I>
  readonly #question: KeyQuestion
  readonly #inFlight = new Set<Promise<unknown>>()
  #background = 0

  constructor(options: WritesOptions<I>) {
    this.#options = options
    this.#state = options.state
    this.#question = new KeyQuestion(options.state, options.cohortOf)
  }

  run(op: string, row: WriteRow, args: readonly unknown[]): Promise<unknown> {
    row.check?.(...args)
    const { signal } = optionsOf(args)
    throwIfAborted(signal)
    const { mode } = this.#state
    const level = row.level?.(...args)
    const isConditional = row.condition?.(...args) !== undefined
    if (mode !== 'mock') this.#assertRoom()
    return this.#tracked(
      isConditional && !decidesHere(mode, level)
        ? this.#conditional(op, row, args)
        : this.#isOfOthers(row, args)
          ? this.#delegated(op, row, args)
          : this.#plain(row, args, isConditional && level === undefined),
    )
  }

  /** A record that another node stamped: real verifies it before the store takes it. */
  #isOfOthers(row: WriteRow, args: readonly unknown[]): boolean {
    if (this.#state.mode === 'mock') return false
    const intent = row.record(...args)
    return isStamped(intent) && intent.version.writer !== this.#state.store.writer
  }

  /**
   * Resolves when every write that was begun has been answered; after a while those, too, for whom a
   * caller wanted to wait for real longer.
   */
  async settled(): Promise<void> {
    const { clock, calls, strictTimeoutMs } = this.#options
    const end = (): void => {
      calls.stop()
      cancel = clock.setTimer(end, STOPPING_TICK_MS)
    }
    let cancel = clock.setTimer(end, strictTimeoutMs)
    await Promise.allSettled(this.#inFlight)
    cancel()
  }

  #tracked(write: Promise<unknown>): Promise<unknown> {
    const leave = (): void => {
      this.#inFlight.delete(write)
    }
    this.#inFlight.add(write)
    write.then(leave, leave)
    return write
  }

  #assertRoom(): void {
    const { dirtyBytes } = this.#state.store
    const dirtyBytesMax = this.#options.dirtyBytesMax()
    if (dirtyBytes < dirtyBytesMax) return
    throw hybridError(
      'HYBRID_BACKLOG_FULL',
      `${dirtyBytes} bytes wait to be sent to peers; the cap is ${dirtyBytesMax}`,
      { details: { dirtyBytes, dirtyBytesMax } },
    )
  }

  /** The replicas decide; without a quorum of them nothing is logged. */
  #conditional(op: string, row: WriteRow, args: readonly unknown[]): Promise<unknown> {
    const { side, port } = this.#state
    const key = row.key(...args)
    const wanted = row.timeoutMs?.(...args)
    if (side === undefined || (wanted === undefined && !this.#state.canReach(key)))
      return Promise.reject(
        port.unavailable(
          `too few replicas of ${JSON.stringify(key)} can be reached to decide the condition; nothing was written`,
          { details: { key } },
        ),
      )
    const decision = this.#decided(op, row, args)
    this.#state.deciding.until(key, decision)
    return decision
  }

  /**
   * The replicas' decision. Real may have logged the write and not told in time: then it is pending,
   * and spreads. Where it has not, it is told to give up, so that nothing is logged afterwards.
   */
  async #decided(op: string, row: WriteRow, args: readonly unknown[]): Promise<unknown> {
    const options = optionsOf(args)
    const given = new AbortController()
    const opId = row.opId?.(...args) ?? newOperationId(this.#options.random)
    const signals = options.signal === undefined ? [] : [options.signal]
    const signal = AbortSignal.any([...signals, given.signal])
    try {
      return await this.#delegated(op, row, [...args.slice(0, -1), { ...options, opId, signal }])
    } catch (error) {
      given.abort()
      const record = isAbort(error) ? undefined : this.#logged(row, args, opId)
      if (record === undefined) throw error
      this.#options.stats.pendingWrites++
      const level = row.level?.(...args) ?? 'quorum'
      return this.#answer(row, args, { ...this.#here(record, level), outcome: 'pending' })
    }
  }

  /** The record of an operation that the store knows. */
  #logged(row: WriteRow, args: readonly unknown[], opId: string): StampedRecord | undefined {
    const intent = row.record(...args)
    if (isStamped(intent)) return undefined
    try {
      return this.#state.store.append(intent, { opId, expectedVersion: NEVER }).record
    } catch {
      return undefined
    }
  }

  #delegated(op: string, row: WriteRow, args: readonly unknown[]): Promise<unknown> {
    const { side, port } = this.#state
    if (side === undefined) return Promise.reject(port.unavailable('there is no real side'))
    const wanted = row.timeoutMs?.(...args)
    // A key that other conditional writes keep busy is no outage of real.
    const isPlain = row.condition?.(...args) === undefined
    const asked = {
      key: row.key(...args),
      timeoutMs: wanted ?? this.#options.strictTimeoutMs,
      isOrdinary: isPlain && wanted === undefined && isOrdinaryLevel(row.level?.(...args)),
    }
    const answer = this.#state.realMethod(op)(...args)
    return this.#options.calls.run(asked, WRITE_ENDS, answer, optionsOf(args).signal)
  }

  /** @param isLocal a condition that this node has decided counts here alone */
  async #plain(row: WriteRow, args: readonly unknown[], isLocal: boolean): Promise<unknown> {
    const append = this.#append(row, args)
    const wanted = this.#wanted(row, args, isLocal)
    this.#measure(append)
    try {
      return this.#answer(row, args, await this.#acknowledged(append, wanted))
    } catch (error) {
      throw this.#refusal(error)
    }
  }

  #measure(append: Append): void {
    const { clock, stats } = this.#options
    const startMs = clock.monotonicMs()
    stats.mock.calls++
    append.committed.then(
      () => {
        stats.mock.record(clock.monotonicMs() - startMs)
      },
      () => {
        stats.mock.errors++
      },
    )
  }

  #append(row: WriteRow, args: readonly unknown[]): Append {
    const { store } = this.#state
    const intent = row.record(...args)
    if (isStamped(intent)) {
      const committed = store.apply([intent]).then(() => {})
      return { record: intent, isDuplicate: false, sendable: committed, committed }
    }
    const named = row.opId?.(...args)
    const opId = named ?? newOperationId(this.#options.random)
    try {
      const append = store.append(intent, { opId, expectedVersion: row.condition?.(...args) })
      // Were it sent before, and lost here by a crash, its retry would take effect a second time.
      return named === undefined ? append : { ...append, sendable: append.committed }
    } catch (error) {
      throw this.#refusal(error)
    }
  }

  #refusal(error: unknown): Error {
    const { port } = this.#state
    return (port.refusal?.(error) ?? error) as Error
  }

  #wanted(row: WriteRow, args: readonly unknown[], isLocal: boolean): Wanted {
    const { mode } = this.#state
    const { calls, strictTimeoutMs } = this.#options
    const named = isLocal ? 'local' : row.level?.(...args)
    const key = row.key(...args)
    const { signal } = optionsOf(args)
    const patience = row.timeoutMs?.(...args)
    // Nobody waits by default for replicas that are known to be away.
    const firmMs = patience ?? (this.#state.canReach(key) ? strictTimeoutMs : 0)
    const isOrdinary = patience === undefined && isOrdinaryLevel(named)
    const rest = { isOrdinary, signal }
    if (named === 'local') return { level: 'local', kind: 'local', timeoutMs: 0, ...rest }
    if (named !== undefined) return { level: named, kind: 'firm', timeoutMs: firmMs, ...rest }
    const { route } = routeOf(this.#state, this.#question.of(key, undefined))
    if (route === 'store') return { level: 'local', kind: 'local', timeoutMs: 0, ...rest }
    if (mode === 'real') return { level: 'quorum', kind: 'firm', timeoutMs: firmMs, ...rest }
    return { level: 'quorum', kind: 'soft', timeoutMs: patience ?? calls.deadlineMs, ...rest }
  }

  async #acknowledged(append: Append, wanted: Wanted): Promise<Acknowledgement> {
    const { signal } = wanted
    if (this.#state.mode === 'mock' || this.#state.side === undefined) {
      await abortable(append.committed, signal)
      return this.#alone(append.record, wanted)
    }
    if (wanted.kind === 'local' || wanted.timeoutMs === 0) {
      void this.#spread(append)
      await abortable(append.committed, signal)
      if (wanted.kind === 'local') return this.#here(append.record, 'local')
      return this.#short(this.#here(append.record, wanted.level), append.record, wanted)
    }
    const replicated = this.#replicated(append, wanted)
    // A failure of the store is told by `committed`, and once.
    replicated.catch(() => {})
    await abortable(append.committed, signal)
    return replicated
  }

  /** Brings the record to the level wanted, as far as the wait allows. */
  async #replicated(append: Append, wanted: Wanted): Promise<Acknowledgement> {
    const { record } = append
    const given = new AbortController()
    try {
      const acknowledgement = await this.#applied(append, wanted, given)
      // The wait ended with it; to abort what nobody waits for costs as much as the write.
      if (acknowledgement.outcome === 'acknowledged') return acknowledgement
      given.abort()
      return this.#short(acknowledgement, record, wanted)
    } catch (error) {
      given.abort()
      if (isAbort(error)) throw error
      if (this.#state.port.judge(error) === 'answered') this.#options.onRefused(record, error)
      return this.#short(this.#here(record, wanted.level), record, wanted)
    }
  }

  async #applied(
    append: Append,
    { level, kind, timeoutMs, isOrdinary, signal }: Wanted,
    given: AbortController,
  ): Promise<Acknowledgement> {
    const { record, sendable } = append
    await sendable
    const { side, port } = this.#state
    if (side === undefined) throw port.unavailable('there is no real side')
    const patience =
      kind === 'soft'
        ? ({
            timeoutMs: Math.max(timeoutMs, this.#options.strictTimeoutMs),
            restamps: 'while-waited',
            signal: given.signal,
          } as const)
        : { timeoutMs }
    const answer = side.port.apply(record, { level, ...patience })
    answer.catch(() => {})
    // How long this node's own disk takes says nothing about real.
    await append.committed
    const asked = { key: record.key, timeoutMs, isOrdinary }
    const { calls } = this.#options
    return calls.run(asked, WRITE_ENDS, answer, signal) as Promise<Acknowledgement>
  }

  /** The level was not reached in time: the store's own, where the caller named none. */
  #short(reached: Acknowledgement, record: StampedRecord, { kind }: Wanted): Acknowledgement {
    const { stats } = this.#options
    if (kind === 'soft') {
      stats.fallbackAnswers++
      // The stamp that is durable here; a later one of the same write may not be yet.
      return this.#here(record, 'local')
    }
    stats.pendingWrites++
    return { ...reached, outcome: 'pending' }
  }

  /** Sends without waiting; what is not sent stays dirty, and is sent later. */
  async #spread(append: Append): Promise<void> {
    if (this.#background >= BACKGROUND_MAX) return
    this.#background++
    try {
      await append.sendable
      await this.#state.side?.port.apply(append.record, { level: 'local' })
    } catch (error) {
      if (!isAbort(error) && this.#state.port.judge(error) === 'answered')
        this.#options.onRefused(append.record, error)
    } finally {
      this.#background--
    }
  }

  /** Without peers this node is all replicas that there are, and a level above it is not reached. */
  #alone(record: StampedRecord, { level, kind }: Wanted): Acknowledgement {
    const here = this.#here(record, kind === 'soft' ? 'local' : level)
    const isReached = kind !== 'firm' || (this.#state.mode === 'mock' && replicasFor(level, 1) <= 1)
    if (isReached) return here
    this.#options.stats.pendingWrites++
    return { ...here, outcome: 'pending' }
  }

  #here(record: StampedRecord, level: Level): Acknowledgement {
    const { store } = this.#state
    return {
      key: record.key,
      version: record.version,
      opId: record.opId,
      outcome: 'acknowledged',
      level,
      heldBy: [store.writer],
      replicas: 1,
      durability: store.durability,
    }
  }

  #answer(row: WriteRow, args: readonly unknown[], acknowledgement: Acknowledgement): unknown {
    return row.receipt?.(acknowledgement, ...args) ?? acknowledgement
  }
}
