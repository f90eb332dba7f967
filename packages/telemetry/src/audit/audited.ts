import {
  codeOf,
  isAbort,
  messageOf,
  standIn,
  type Acknowledgement,
  type Clock,
  type Level,
  type Method,
  type Port,
  type Verdict,
} from '@bzzz/base'
import { telemetryError } from '../errors.js'
import type { AuditedAttempt, AuditedWrite, AuditEntry, AuditSink } from './audit-entry.js'

/** Longer keys and ids are cut: what no port takes must not fill the log either. */
const TEXT_CHARS_MAX = 1024

export interface AuditOptions {
  /** As in metrics and health: `dht`. */
  readonly component: string
  readonly clock: Clock
  /** Who causes the calls; asked at each. Default `node`. */
  readonly actor?: string | (() => string)
  /**
   * What becomes of a write when the log cannot be written.
   * - `refuse` (default): each write is entered before it is made, and again with its outcome. One that
   *   cannot be entered is not made: `AUDIT_UNAVAILABLE`.
   * - `report`: each write is entered with its outcome alone, and made in any case.
   */
  readonly onSinkError?: 'refuse' | 'report'
  /**
   * Hears of an entry that could not be made of a write that has been: its caller is told of the
   * write as it went. Must not throw.
   */
  readonly onEntryLost: (error: unknown, entry: AuditEntry) => void
}

interface WriteRow {
  readonly kind: 'write'
  key(...args: unknown[]): unknown
  level?(...args: unknown[]): Level | undefined
  opId?(...args: unknown[]): string | undefined
}

type About = Omit<AuditedAttempt, 'kind' | 'atMs'>

/** What the arguments say, whatever they are: the port will judge them. */
const readOr = <T>(read: () => T, otherwise: T): T => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

const cut = (text: unknown): string | undefined =>
  typeof text === 'string' ? text.slice(0, TEXT_CHARS_MAX) : undefined

const asAuditError = (error: unknown): unknown =>
  codeOf(error)?.startsWith('AUDIT_') === true
    ? error
    : telemetryError('AUDIT_UNAVAILABLE', `the audit log failed: ${messageOf(error)}`, {
        cause: error,
      })

const ignore = (): void => {}

/** The call, at once; what it throws is its answer, too. */
const callOf = async (make: Method, args: unknown[]): Promise<unknown> => make(...args)

/** The writes of one implementation, and what is entered of them. */
class AuditedCalls {
  readonly #sink: AuditSink
  readonly #options: AuditOptions
  readonly #judge: (error: unknown) => Verdict
  readonly #inFlight = new Set<Promise<unknown>>()
  #calls = 0
  /** Settles when all attempts until now are entered and made: writes keep the order of their calls. */
  #turn: Promise<void> = Promise.resolve()

  constructor(sink: AuditSink, options: AuditOptions, judge: (error: unknown) => Verdict) {
    this.#sink = sink
    this.#options = options
    this.#judge = judge
  }

  async write(op: string, row: WriteRow, args: unknown[], make: Method): Promise<unknown> {
    const about = this.#about(op, row, args)
    const writing = this.#write(about, args, make)
    this.#inFlight.add(writing)
    try {
      return await writing
    } finally {
      this.#inFlight.delete(writing)
    }
  }

  /** Stops the implementation once it has what was called before, and waits for the last entries. */
  async stop(impl: Method): Promise<void> {
    await this.#turn
    try {
      await impl()
    } finally {
      await Promise.allSettled(this.#inFlight)
    }
  }

  async #write(about: About, args: unknown[], make: Method): Promise<unknown> {
    const { clock, onSinkError = 'refuse' } = this.#options
    let startedMs = clock.monotonicMs()
    let making: Promise<unknown>
    if (onSinkError === 'report') making = callOf(make, args)
    else {
      // The caller may use its buffers again as soon as this call has returned its promise.
      const given = args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg))
      making = (
        await this.#enter({ ...about, kind: 'attempt', atMs: clock.nowMs() }, () => {
          startedMs = clock.monotonicMs()
          return callOf(make, given)
        })
      ).made
    }
    let answer: unknown
    try {
      answer = await making
    } catch (error) {
      await this.#tell(this.#failed(about, error, startedMs))
      throw error
    }
    await this.#tell(this.#answered(about, answer, startedMs))
    return answer
  }

  #about(op: string, row: WriteRow, args: unknown[]): About {
    const { component, actor = 'node' } = this.#options
    return {
      actor: typeof actor === 'string' ? actor : actor(),
      component,
      call: ++this.#calls,
      op,
      key: readOr(() => cut(row.key(...args)), undefined) ?? '',
      opId: readOr(() => cut(row.opId?.(...args)), undefined),
      level: readOr(() => row.level?.(...args), undefined),
    }
  }

  /** Enters an attempt, then makes it, after those that were called before it. */
  async #enter(
    entry: AuditEntry,
    make: () => Promise<unknown>,
  ): Promise<{ readonly made: Promise<unknown> }> {
    const entered = this.#append(entry).catch((error: unknown) => ({ error }))
    const turn = this.#turn.then(async () => {
      const refusal = await entered
      if (refusal !== undefined) throw asAuditError(refusal.error)
      // In an object: the next in turn waits for its beginning, not for its end.
      return { made: make() }
    })
    this.#turn = turn.then(ignore, ignore)
    return turn
  }

  async #tell(entry: AuditEntry): Promise<void> {
    try {
      await this.#append(entry)
    } catch (error) {
      this.#options.onEntryLost(error, entry)
    }
  }

  async #append(entry: AuditEntry): Promise<void> {
    await this.#sink.append(entry)
  }

  #answered(about: About, answer: unknown, startedMs: number): AuditedWrite {
    const receipt = (answer ?? {}) as Partial<Acknowledgement>
    return {
      ...about,
      ...this.#end(startedMs),
      opId: receipt.opId ?? about.opId,
      level: receipt.level ?? about.level,
      outcome: receipt.outcome === 'pending' ? 'pending' : 'acknowledged',
      version: receipt.version,
      code: undefined,
    }
  }

  #failed(about: About, error: unknown, startedMs: number): AuditedWrite {
    const verdict = this.#judge(error) === 'unavailable' ? 'unavailable' : 'refused'
    return {
      ...about,
      ...this.#end(startedMs),
      outcome: isAbort(error) ? 'aborted' : verdict,
      version: undefined,
      // The code alone: a message may quote what was to be written.
      code: codeOf(error) ?? 'UNKNOWN',
    }
  }

  #end(startedMs: number): Pick<AuditedWrite, 'kind' | 'atMs' | 'durationMs'> {
    const { clock } = this.#options
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    return { kind: 'write', atMs: clock.nowMs(), durationMs }
  }
}

/** The ways to stop an implementation that has any. */
const stops = (impl: object, calls: AuditedCalls): Record<string | symbol, Method> => {
  const stop: unknown = Reflect.get(impl, 'stop')
  if (typeof stop !== 'function') return {}
  const end = (): Promise<void> => calls.stop(() => Reflect.apply(stop, impl, []) as unknown)
  return { stop: end, [Symbol.asyncDispose]: end }
}

/**
 * An implementation whose writes are entered into an audit log: who, when, which key, which version,
 * how it went; never a value. The outcome is entered before the caller hears it. The methods are those
 * that the op table calls writes, and `stop`; every other member is that of the implementation.
 */
export const audited = <I extends object>(
  port: Pick<Port<I>, 'judge' | 'ops'>,
  impl: I,
  sink: AuditSink,
  options: AuditOptions,
): I => {
  const calls = new AuditedCalls(sink, options, (error) => port.judge(error))
  const rows = Object.entries(port.ops as Readonly<Record<string, WriteRow | { kind: 'read' }>>)
  const methods = rows.flatMap(([op, row]): [string, Method][] => {
    if (row.kind !== 'write' || typeof Reflect.get(impl, op) !== 'function') return []
    const make: Method = (...args) =>
      Reflect.apply((impl as Record<string, Method>)[op] as Method, impl, args)
    return [[op, (...args) => calls.write(op, row, args, make)]]
  })
  return standIn(impl, { ...Object.fromEntries(methods), ...stops(impl, calls) })
}
