import { compareVersions, messageOf, throwIfAborted, type Clock, type Version } from '@bzzz/base'
import { Answers } from './answers.js'
import type { AnswerSource, Explained } from './explain.js'
import type { Switchable } from './hybrid.js'
import { RealCall, type RealCalls } from './real-calls.js'
import { KeyQuestion } from './key-question.js'
import { routeOf } from './router.js'
import { optionsOf, type ReadRow } from './rows.js'
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

/** One read on its way. */
interface Read {
  readonly op: string
  readonly row: ReadRow
  readonly key: string
  readonly args: readonly unknown[]
  readonly signal: AbortSignal | undefined
  /** Set where the caller asked for an explanation. */
  readonly told: { source: AnswerSource; reason: string } | undefined
}

/** One latency of the store is measured in this many, as a clock costs as much as the read. */
const SAMPLED = 64

interface ReadEnd {
  answered(answer: unknown): unknown
  unavailable(error: unknown): unknown
}

class ReadCall extends RealCall {
  readonly #end: ReadEnd

  constructor(key: string, timeoutMs: number, end: ReadEnd) {
    super(key, timeoutMs)
    this.#end = end
  }

  answered(answer: unknown): unknown {
    return this.#end.answered(answer)
  }

  unavailable(error: unknown): unknown {
    return this.#end.unavailable(error)
  }
}

const isNewer = (a: Version | undefined, b: Version | undefined): boolean =>
  a !== undefined && (b === undefined || compareVersions(a, b) > 0)

/** Reads of one hybrid. */
export class Reads<I extends Switchable> {
  readonly #options: ReadsOptions<I>
  readonly #state: HybridState<I>
  readonly #stats: Stats
  readonly #answers: Answers
  readonly #question: KeyQuestion

  constructor(options: ReadsOptions<I>) {
    this.#options = options
    this.#state = options.state
    this.#stats = options.stats
    this.#question = new KeyQuestion(options.state, options.cohortOf)
    this.#answers = new Answers(options.answersBytesMax)
  }

  run(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    const state = this.#state
    const { explain, signal } = optionsOf(args)
    if (explain === true) return this.#explained(op, row, args)
    if (state.mode === 'mock' && state.isComplete) return this.#ask(op, args)
    if (row.isMiss === undefined) return this.#elsewhere(op, row, args)
    return this.#routed({ op, row, key: row.key(...args), args, signal, told: undefined })
  }

  async #explained(
    op: string,
    row: ReadRow,
    args: readonly unknown[],
  ): Promise<Explained<unknown>> {
    const { clock } = this.#options
    const told = { source: 'store' as AnswerSource, reason: 'the mode is mock' }
    const { signal } = optionsOf(args)
    const read = { op, row, key: row.key(...args), args, signal, told }
    const answer = await this.#routed(read)
    const { realAnsweredMs, mode, isComplete } = this.#state
    const isFresh = told.source === 'real' || (mode === 'mock' && isComplete)
    const sinceMs = realAnsweredMs === undefined ? undefined : clock.monotonicMs() - realAnsweredMs
    return { answer, explanation: { ...told, staleForMs: isFresh ? 0 : sinceMs } }
  }

  /** A method that is not about stored records: real tells, and while it cannot, the embedded side. */
  #elsewhere(op: string, row: ReadRow, args: readonly unknown[]): Promise<unknown> {
    if (!this.#state.hasReal) return this.#ask(op, args)
    const { calls, strictTimeoutMs } = this.#options
    const fallsBack = this.#state.mode !== 'real'
    const timeoutMs = fallsBack ? calls.deadlineMs : strictTimeoutMs
    const call = new ReadCall(row.key(...args), timeoutMs, {
      answered: (answer) => answer,
      unavailable: (error) => {
        if (!fallsBack) throw error
        this.#stats.fallbackAnswers++
        return this.#ask(op, args)
      },
    })
    return calls.run(call, this.#state.realMethod(op)(...args), optionsOf(args).signal)
  }

  #routed(read: Read): Promise<unknown> {
    const { row, key, args } = read
    row.check?.(...args)
    throwIfAborted(read.signal)
    const question = this.#question.of(key, row.level?.(...args))
    const { route, reason } = routeOf(this.#state, question)
    if (route === 'store') return this.#fromStore(read, reason)
    return route === 'real' ? this.#strict(read, reason) : this.#fromReal(read, reason)
  }

  /** The embedded side's answer. */
  #ask(op: string, args: readonly unknown[]): Promise<unknown> {
    const method = this.#state.mockMethod(op)
    const { mock } = this.#stats
    if (++mock.calls % SAMPLED !== 0) return method(...args)
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    const answer = method(...args)
    const measure = (): void => {
      mock.record(clock.monotonicMs() - startMs)
    }
    answer.then(measure, measure)
    return answer
  }

  #fromStore(read: Read, reason: string): Promise<unknown> {
    const { mode, store, isComplete } = this.#state
    if (store.head(read.key) === undefined && !(mode === 'mock' && isComplete))
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
    if (isNewer(shown.version, this.#state.store.head(read.key)?.version)) {
      this.#note(read, 'memory', 'real gave a newer answer before')
      return shown.answer
    }
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
    const { row, args } = read
    const timeoutMs = row.timeoutMs?.(...args) ?? this.#options.calls.deadlineMs
    return this.#asked(read, timeoutMs, reason, true)
  }

  /** Real's answer or none: a level that the caller named is not weakened. */
  #strict(read: Read, reason: string): Promise<unknown> {
    const { port } = this.#state
    const wanted = read.row.timeoutMs?.(...read.args)
    if (!this.#state.hasReal || (wanted === undefined && !this.#state.canReach(read.key))) {
      this.#stats.unavailableReads++
      const why = `too few replicas of ${JSON.stringify(read.key)} can be reached`
      return Promise.reject(port.unavailable(why, { details: { key: read.key } }))
    }
    return this.#asked(read, wanted ?? this.#options.strictTimeoutMs, reason, false)
  }

  #asked(read: Read, timeoutMs: number, reason: string, fallsBack: boolean): Promise<unknown> {
    const method = this.#state.realMethod(read.op)
    const call = new ReadCall(read.key, timeoutMs, {
      answered: (answer) => this.#shown(read, answer, reason),
      unavailable: (error) => {
        if (!fallsBack) {
          this.#stats.unavailableReads++
          throw error
        }
        this.#stats.fallbackAnswers++
        return this.#degraded(read, `real is unavailable: ${messageOf(error)}`)
      },
    })
    return this.#options.calls.run(call, method(...read.args), read.signal)
  }

  /** Nothing older than what this node wrote or showed before. */
  #shown(read: Read, answer: unknown, reason: string): unknown {
    const { op, row, key, args } = read
    const version = row.version?.(answer)
    const own = this.#state.store.head(key)?.version
    if (isNewer(own, version)) {
      this.#note(read, 'store', 'this node has what real does not show yet')
      return this.#ask(op, args)
    }
    const shown = this.#answers.size === 0 ? undefined : this.#answers.get(nameOf(read))
    if (shown !== undefined && version !== undefined && isNewer(shown.version, version)) {
      this.#note(read, 'memory', 'real gave a newer answer before')
      return shown.answer
    }
    this.#note(read, 'real', reason)
    this.#remember(read, answer, version, own)
    return answer
  }

  #remember(
    read: Read,
    answer: unknown,
    version: Version | undefined,
    own: Version | undefined,
  ): void {
    const { row } = read
    if (version === undefined) {
      if (this.#answers.size > 0) this.#answers.forget(nameOf(read))
    } else if (row.sizeBytes !== undefined && isNewer(version, own))
      this.#answers.keep(nameOf(read), answer, version, row.sizeBytes(answer))
  }

  /** Real cannot answer: what is here, or the port's `unavailable`, never "does not exist". */
  #degraded(read: Read, reason: string): Promise<unknown> {
    const { row, key, args } = read
    const { store, port, mode } = this.#state
    if (store.head(key) !== undefined) {
      this.#note(read, 'store', reason)
      return this.#newestHere(read)
    }
    const shown = this.#answers.get(nameOf(read))
    if (shown !== undefined) {
      this.#note(read, 'memory', reason)
      return Promise.resolve(shown.answer)
    }
    this.#note(read, 'store', reason)
    if (row.allowsStale?.(...args) === true) return this.#ask(read.op, args)
    this.#stats.unavailableReads++
    const why =
      mode === 'mock'
        ? 'this node left its peers before the copy was complete'
        : `this node does not hold it, and ${reason}`
    return Promise.reject(
      port.unavailable(`whether ${JSON.stringify(key)} exists cannot be told: ${why}`, {
        details: { key },
      }),
    )
  }

  #note({ told }: Read, source: AnswerSource, reason: string): void {
    if (told === undefined) return
    told.source = source
    told.reason = reason
  }
}

const nameOf = ({ op, key }: { readonly op: string; readonly key: string }): string =>
  `${op} ${key}`
