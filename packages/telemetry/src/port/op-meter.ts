import { isAbort, type Clock, type Method, type Verdict } from '@bzzz/base'
import type { Histogram } from '../metrics/histogram.js'
import type { Counter } from '../metrics/metric.js'
import type { PortMetrics } from './port-metrics.js'

const MICROSECONDS = 1000

export interface OpMeterOptions {
  readonly component: string
  readonly op: string
  readonly clock: Clock
  readonly sampleEvery: number
  readonly judge: (error: unknown) => Verdict
}

/** Counts the calls of one method. Its counters are looked up once, here. */
export class OpMeter {
  readonly #options: OpMeterOptions
  readonly #ok: Counter
  readonly #errors: Readonly<Record<Verdict | 'aborted', Counter>>
  readonly #duration: Histogram
  readonly #items: Counter
  readonly #events: Counter
  #untilTimed = 1

  constructor(metrics: PortMetrics, options: OpMeterOptions) {
    const { component, op } = options
    this.#options = options
    this.#ok = metrics.calls.with(component, op, 'ok')
    this.#errors = {
      unavailable: metrics.calls.with(component, op, 'unavailable'),
      answered: metrics.calls.with(component, op, 'answered'),
      aborted: metrics.calls.with(component, op, 'aborted'),
    }
    this.#duration = metrics.durations.with(component, op)
    this.#items = metrics.items.with(component, op)
    this.#events = metrics.events.with(component, op)
  }

  /** A method that answers with a promise. */
  answer(method: Method, self: object, args: unknown[]): unknown {
    const startedMs = this.#startMs()
    const answer = this.#call(method, self, args) as Promise<unknown>
    // Untimed calls share their two functions: no closure for each.
    if (startedMs === undefined) return answer.then(this.#onAnswer, this.#onError)
    return answer.then(
      (value) => {
        this.#record(startedMs)
        return this.#onAnswer(value)
      },
      (error: unknown) => {
        this.#record(startedMs)
        return this.#onError(error)
      },
    )
  }

  /** A method that yields items. Left half-way by its reader, it ended well. */
  items(method: Method, self: object, args: unknown[]): AsyncGenerator {
    const startedMs = this.#startMs()
    const inner = this.#call(method, self, args) as AsyncIterable<unknown>
    return this.#pass(inner, startedMs)
  }

  /** A method that calls back. */
  subscribe(method: Method, self: object, [listener, ...rest]: unknown[]): unknown {
    if (typeof listener !== 'function') return this.#call(method, self, [listener, ...rest])
    const counted: Method = (...event) => {
      this.#events.value++
      return Reflect.apply(listener, undefined, event) as unknown
    }
    const unsubscribe = this.#call(method, self, [counted, ...rest])
    this.#ok.value++
    return unsubscribe
  }

  readonly #onAnswer = (value: unknown): unknown => {
    this.#ok.value++
    return value
  }

  readonly #onError = (error: unknown): never => {
    this.#count(error)
    throw error
  }

  #call(method: Method, self: object, args: unknown[]): unknown {
    try {
      return Reflect.apply(method, self, args)
    } catch (error) {
      this.#count(error)
      throw error
    }
  }

  async *#pass(inner: AsyncIterable<unknown>, startedMs: number | undefined): AsyncGenerator {
    let isOpen = true
    let isWell = true
    const first = (): void => {
      if (isOpen) this.#record(startedMs)
      isOpen = false
    }
    try {
      for await (const item of inner) {
        first()
        this.#items.value++
        yield item
      }
    } catch (error) {
      isWell = false
      this.#count(error)
      throw error
    } finally {
      first()
      if (isWell) this.#ok.value++
    }
  }

  #count(error: unknown): void {
    this.#errors[isAbort(error) ? 'aborted' : this.#options.judge(error)].value++
  }

  /** Undefined for a call that is not timed. */
  #startMs(): number | undefined {
    if (--this.#untilTimed > 0) return undefined
    this.#untilTimed = this.#options.sampleEvery
    return this.#options.clock.monotonicMs()
  }

  #record(startedMs: number | undefined): void {
    if (startedMs === undefined) return
    this.#duration.record((this.#options.clock.monotonicMs() - startedMs) * MICROSECONDS)
  }
}
