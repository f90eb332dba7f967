import { compareVersions, messageOf, throwIfAborted, type Clock, type Version } from '@bzzz/base'
import { Answers, type Kept } from './answers.js'
import type { AnswerSource, Explained } from './explain.js'
import type { Switchable } from './hybrid.js'
import { KeyQuestion } from './key-question.js'
import { readOf, type Read, type ReadEnds } from './read.js'
import { isOrdinaryLevel, type RealCalls } from './real-calls.js'
import { routeOf, servesAll, servesNone, SERVES } from './router.js'
import { invoke, optionsOf, type ReadRow } from './rows.js'
import type { Shadow } from './shadow.js'
import type { HybridState } from './state.js'
import type { Stats } from './stats.js'

export interface ReadsOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly calls: RealCalls
  readonly stats: Stats
  readonly shadow: Shadow<I>
  readonly clock: Clock
  readonly cohortOf: (key: string) => number
  readonly answersBytesMax: number
  /** Wait of a call that may not fall back and states none, milliseconds. */
  readonly strictTimeoutMs: number
}

/** One latency of the store is measured in this many, as a clock costs as much as the read. */
const SAMPLED = 64

/** The caller asked for this node's own copy alone. */
const isOwnCopy = ({ row, args }: Read): boolean => row.level?.(...args) === 'local'

const isNewer = (a: Version | undefined, b: Version | undefined): boolean =>
  a !== undefined && a !== b && (b === undefined || compareVersions(a, b) > 0)

/** Reads of one hybrid. */
export class Reads<I extends Switchable> {
  readonly #options: ReadsOptions<I>
  readonly #state: HybridState<I>
  readonly #stats: Stats
  readonly #answers: Answers
  readonly #question: KeyQuestion
  /** Of a read of a record, and of a method that is not about stored records. */
  readonly #ofRecord: ReadEnds
  readonly #ofElse: ReadEnds

  constructor(options: ReadsOptions<I>) {
    this.#options = options
    this.#state = options.state
    this.#stats = options.stats
    this.#question = new KeyQuestion(options.state, options.cohortOf)
    this.#answers = new Answers(options.answersBytesMax)
    this.#ofRecord = {
      answered: (read, answer) => this.#shown(read, answer),
      unavailable: (read, error) => this.#away(read, error),
    }
    this.#ofElse = {
      answered: (_read, answer) => answer,
      unavailable: (read, error) => {
        if (!read.fallsBack) throw error
        this.#stats.fallbackAnswers++
        return this.#ask(read.op, read.args)
      },
    }
  }

  run(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    const state = this.#state
    if (args.length === 1 && typeof args[0] === 'string' && row.isMiss !== undefined) {
      if (servesAll(state)) return this.#bare(op, row, args)
      // A key that is held was valid, and the side that is asked looks at the rest.
      if (servesNone(state) && this.#isPlain(row.key(args[0]))) return this.#ask(op, args)
    }
    const { explain, signal } = optionsOf(args)
    if (explain === true) return this.#explained(op, row, args)
    // What real showed while the copy was made may have come too late for it.
    if (state.mode === 'mock' && state.isComplete && this.#answers.size === 0)
      return this.#ask(op, args)
    if (row.isMiss === undefined) return this.#elsewhere(op, row, args)
    return this.#routed(op, row, args, signal, undefined)
  }

  /** A read without options while real answers them all: what {@link Reads.#routed} comes to then. */
  #bare(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    const [name] = args
    row.check?.(name)
    const key = row.key(name)
    if (!this.#state.canReach(key)) return this.#routed(op, row, args, undefined, undefined)
    const { calls } = this.#options
    const read = readOf(op, row, args, key, undefined)
    read.reason = SERVES.reason
    read.timeoutMs = calls.deadlineMs
    read.isOrdinary = true
    return calls.run(read, this.#ofRecord, this.#state.realMethod(op)(name))
  }

  async #explained(
    op: string,
    row: ReadRow,
    args: readonly unknown[],
  ): Promise<Explained<unknown>> {
    const { clock } = this.#options
    const told = { source: 'store' as AnswerSource, reason: 'the mode is mock' }
    const { signal } = optionsOf(args)
    const answer = await this.#routed(op, row, args, signal, told)
    const { realAnswered, mode, isComplete } = this.#state
    const isFresh = told.source === 'real' || (mode === 'mock' && isComplete)
    const sinceMs = realAnswered && clock.monotonicMs() - realAnswered.atMs
    return { answer, explanation: { ...told, staleForMs: isFresh ? 0 : sinceMs } }
  }

  /** A method that is not about stored records: real tells, and while it cannot, the embedded side. */
  #elsewhere(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    if (!this.#state.hasReal) return this.#ask(op, args)
    const { calls, strictTimeoutMs } = this.#options
    const { signal } = optionsOf(args)
    const read = readOf(op, row, args, row.key(...args), signal)
    read.fallsBack = this.#state.mode !== 'real'
    read.timeoutMs = read.fallsBack ? calls.deadlineMs : strictTimeoutMs
    return calls.run(read, this.#ofElse, invoke(this.#state.realMethod(op), args), signal)
  }

  #routed(
    op: string,
    row: ReadRow,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    told: Read['told'],
  ): Promise<unknown> {
    row.check?.(...args)
    throwIfAborted(signal)
    const key = row.key(...args)
    const level = row.level?.(...args)
    const question = this.#question.of(key, level)
    const { route, reason } = routeOf(this.#state, question)
    if (route === 'store' && told === undefined && this.#isPlain(key)) return this.#ask(op, args)
    const read = readOf(op, row, args, key, signal, told)
    read.isOrdinary = isOrdinaryLevel(level)
    read.isAgreed = level === undefined || level === 'quorum' || level === 'all'
    if (route === 'store') return this.#fromStore(read, reason)
    return route === 'real' ? this.#strict(read, reason) : this.#fromReal(read, reason)
  }

  /** The store's answer is the whole answer: the key is here, and nothing is to be compared with it. */
  #isPlain(key: string): boolean {
    const { mode, store } = this.#state
    return this.#answers.size === 0 && mode !== 'shadow' && store.versionOf(key) !== undefined
  }

  /** The embedded side's answer. */
  #ask(op: string, args: readonly unknown[]): Promise<unknown> {
    const method = this.#state.mockMethod(op)
    const { mock } = this.#stats
    if (++mock.calls % SAMPLED !== 0) return invoke(method, args)
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    const answer = invoke(method, args)
    const measure = (): void => {
      mock.record(clock.monotonicMs() - startMs)
    }
    answer.then(measure, measure)
    return answer
  }

  #fromStore(read: Read, reason: string): Promise<unknown> {
    const { mode, store, isComplete } = this.#state
    if (store.versionOf(read.key) === undefined && !(mode === 'mock' && isComplete))
      return mode === 'mock' ? this.#degraded(read, reason) : this.#miss(read)
    this.#note(read, 'store', reason)
    if (this.#answers.size === 0 && mode !== 'shadow') return this.#ask(read.op, read.args)
    return this.#newestHere(read)
  }

  /** The store's answer, or a newer one that real gave before. */
  async #newestHere(read: Read): Promise<unknown> {
    const answer = await this.#ask(read.op, read.args)
    const name = nameOf(read)
    const shown = this.#answers.get(name)
    if (this.#state.mode === 'shadow') this.#options.shadow.compare(read)
    if (shown === undefined) return answer
    if (isNewer(shown.version, this.#state.store.versionOf(read.key)))
      return this.#fromMemory(read, shown, 'real gave a newer answer before')
    this.#answers.forget(name)
    return answer
  }

  /** The store does not hold the key: the peers may. */
  #miss(read: Read): Promise<unknown> {
    const { phase, hasReal, mode } = this.#state
    const isAway = phase === 'local' || phase === 'probing'
    if (!hasReal || (isAway && mode !== 'real')) return this.#degraded(read, 'real is unavailable')
    return this.#fromReal(read, 'the store does not hold the key')
  }

  #fromReal(read: Read, reason: string): Promise<unknown> {
    return this.#asked(read, waitOf(read), this.#options.calls.deadlineMs, reason)
  }

  /** Real's answer or none: a level that the caller named is not weakened. */
  #strict(read: Read, reason: string): Promise<unknown> {
    const { port } = this.#state
    const wanted = waitOf(read)
    if (!this.#state.hasReal || (wanted === undefined && !this.#state.canReach(read.key))) {
      this.#stats.unavailableReads++
      const why = `too few replicas of ${JSON.stringify(read.key)} can be reached`
      return Promise.reject(port.unavailable(why, { details: { key: read.key } }))
    }
    read.fallsBack = false
    read.ownBefore = this.#state.store.versionOf(read.key)
    return this.#asked(read, wanted, this.#options.strictTimeoutMs, reason)
  }

  /** @param wanted the caller's own wait */
  #asked(
    read: Read,
    wanted: number | undefined,
    defaultMs: number,
    reason: string,
  ): Promise<unknown> {
    read.timeoutMs = wanted ?? defaultMs
    read.isOrdinary &&= wanted === undefined
    read.reason = reason
    const method = this.#state.realMethod(read.op)
    const answer = invoke(method, read.args)
    return this.#options.calls.run(read, this.#ofRecord, answer, read.signal)
  }

  /** Real gave no answer. */
  #away(read: Read, error: unknown): unknown {
    if (!read.fallsBack) {
      this.#stats.unavailableReads++
      throw error
    }
    this.#stats.fallbackAnswers++
    return this.#degraded(read, `real is unavailable: ${messageOf(error)}`)
  }

  /** Nothing older than what this node wrote or showed before. */
  #shown(read: Read, answer: unknown): unknown {
    const { op, row, key, args } = read
    const version = row.version?.(answer)
    const { store } = this.#state
    // What came here while real was asked is on no quorum yet, and came after a read that wants one.
    const own = read.fallsBack ? store.versionOf(key) : read.ownBefore
    // That real shows nothing may be a newer deletion: then only what is not on its replicas counts.
    const isShort = version !== undefined || (read.fallsBack && store.isDirty(key))
    if (isNewer(own, version) && isShort) {
      if (!read.fallsBack) throw this.#unknown(key, 'its replicas do not show what this node holds')
      this.#note(read, 'store', 'this node has what real does not show yet')
      return this.#ask(op, args)
    }
    const shown = this.#answers.size === 0 ? undefined : this.#answers.get(nameOf(read))
    // One node's copy tells of no deletion: it may lack what a quorum showed before.
    const isOlder = version === undefined ? isOwnCopy(read) : isNewer(shown?.version, version)
    if (shown !== undefined && isOlder && (read.fallsBack || shown.isAgreed))
      return this.#fromMemory(read, shown, 'real gave a newer answer before')
    this.#note(read, 'real', read.reason)
    this.#remember(read, answer, version, own)
    return answer
  }

  #remember(
    read: Read,
    answer: unknown,
    version: Version | undefined,
    own: Version | undefined,
  ): void {
    const { row, isAgreed } = read
    if (version === undefined) {
      if (this.#answers.size > 0) this.#answers.forget(nameOf(read))
    } else if (row.sizeBytes !== undefined && isNewer(version, own)) {
      const [bytes, expiresAtMs] = [row.sizeBytes(answer), row.expiresAtMs?.(answer)]
      this.#answers.keep(nameOf(read), { answer, version, bytes, isAgreed, expiresAtMs })
    }
  }

  /** An earlier answer of real; from its end on it tells only that the truth is not known here. */
  #fromMemory(read: Read, { answer, expiresAtMs }: Kept, reason: string): unknown {
    if (expiresAtMs !== undefined && expiresAtMs <= this.#options.clock.nowMs())
      throw this.#unknown(read.key, 'the newest record that is known here has expired')
    this.#note(read, 'memory', reason)
    return answer
  }

  /** Real cannot answer: what is here, or the port's `unavailable`, never "does not exist". */
  async #degraded(read: Read, reason: string): Promise<unknown> {
    const { row, key, args } = read
    const { store, mode } = this.#state
    if (store.versionOf(key) !== undefined) {
      this.#note(read, 'store', reason)
      return this.#newestHere(read)
    }
    const shown = this.#answers.get(nameOf(read))
    if (shown !== undefined) return this.#fromMemory(read, shown, reason)
    this.#note(read, 'store', reason)
    if (row.allowsStale?.(...args) === true) return this.#ask(read.op, args)
    const why =
      mode === 'mock'
        ? 'this node left its peers before the copy was complete'
        : `this node does not hold it, and ${reason}`
    throw this.#unknown(key, why)
  }

  /** To be thrown: neither what the key holds nor that it does not exist can be told. */
  #unknown(key: string, why: string): Error {
    this.#stats.unavailableReads++
    const message = `whether ${JSON.stringify(key)} exists cannot be told: ${why}`
    return this.#state.port.unavailable(message, { details: { key } })
  }

  #note({ told }: Read, source: AnswerSource, reason: string): void {
    if (told === undefined) return
    told.source = source
    told.reason = reason
  }
}

/** The wait that the caller allows. */
const waitOf = ({ row, args }: Read): number | undefined => row.timeoutMs?.(...args)

const nameOf = ({ op, key }: { readonly op: string; readonly key: string }): string =>
  `${op} ${key}`
