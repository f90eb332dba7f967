import { abortable, standIn, type Method, type Port } from '@bzzz/base'
import { errorOf, FaultDice, type FaultPlan } from './fault-plan.js'
import { bytesIn, LentBytes } from './lent-bytes.js'

/** What a faulty implementation has besides its port. */
export interface FaultControls<I> {
  /** Replaces the plan, from the next call on. */
  setFaults(plan: FaultPlan<I>): void
  /** Throws `SIM_BYTES_CHANGED` when bytes of a store that were handed on have been changed. */
  checkBytes(): void
}

type Op = { readonly kind: 'read' | 'write' | 'stream' | 'subscribe' }

const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  const last = args.at(-1)
  if (typeof last !== 'object' || last === null || !('signal' in last)) return undefined
  return last.signal as AbortSignal | undefined
}

const never = (args: readonly unknown[]): Promise<never> =>
  abortable(new Promise<never>(() => {}), signalOf(args))

/** The calls of one implementation, and what befalls them. */
class FaultyCalls<I extends object> {
  readonly #impl: I
  readonly #lent = new LentBytes()
  #dice: FaultDice<I>

  constructor(impl: I, plan: FaultPlan<I>) {
    this.#impl = impl
    this.#dice = new FaultDice(plan)
  }

  setFaults(plan: FaultPlan<I>): void {
    this.#dice = new FaultDice(plan)
  }

  checkBytes(): void {
    this.#lent.check()
  }

  /** A method that returns a promise. */
  async answer(op: keyof Port<I>['ops'] & string, given: readonly unknown[]): Promise<unknown> {
    const strike = this.#dice.roll(op)
    let args = given
    if (strike !== undefined) {
      // The caller may use its buffers again as soon as this call has returned its promise.
      args = given.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg))
      await this.#dice.wait(strike)
    }
    const fault = strike?.fault
    if (fault === 'hang') return never(args)
    if (fault !== undefined && fault !== 'lost-reply') throw errorOf(fault, op)
    const answer = await this.#call(op, args)
    if (fault === 'lost-reply') throw errorOf(fault, op)
    this.#lent.lend(answer, `an answer of ${op}`)
    return answer
  }

  /** A method that yields items. */
  async *items(op: keyof Port<I>['ops'] & string, args: readonly unknown[]): AsyncGenerator {
    const strike = this.#dice.roll(op)
    if (strike !== undefined) await this.#dice.wait(strike)
    const fault = strike?.fault
    if (fault === 'hang') await never(args)
    if (fault !== undefined && fault !== 'lost-reply') throw errorOf(fault, op)
    for await (const item of this.#call(op, args) as AsyncIterable<unknown>) {
      this.#lent.lend(item, `an item of ${op}`)
      yield item
    }
    if (fault === 'lost-reply') throw errorOf(fault, op)
  }

  subscribe(op: string, args: readonly unknown[]): unknown {
    return this.#call(op, args)
  }

  #call(op: string, args: readonly unknown[]): unknown {
    const method = (this.#impl as Record<string, unknown>)[op] as Method
    // Bytes inside a record belong to a store; bytes given by themselves are the caller's, who
    // may use them again as soon as the call has returned.
    const own = args.filter((arg) => arg instanceof Uint8Array)
    const during = new LentBytes()
    for (const bytes of own) during.lend(bytes, `an argument of ${op}`)
    for (const arg of args)
      if (bytesIn(arg).length > 0 && !own.includes(arg as Uint8Array))
        this.#lent.lend(arg, `a record given to ${op}`)
    const result = method.apply(this.#impl, [...args])
    during.check()
    return result
  }
}

const methodFor = <I extends object>(calls: FaultyCalls<I>, name: string, op: Op): Method => {
  const known = name as keyof Port<I>['ops'] & string
  if (op.kind === 'stream') return (...args) => calls.items(known, args)
  if (op.kind === 'subscribe') return (...args) => calls.subscribe(name, args)
  return (...args) => calls.answer(known, args)
}

/**
 * An implementation of a port whose calls go wrong as planned. An empty plan changes nothing, so
 * that the port's contract suite passes; whatever the plan, the bytes that the implementation
 * hands out are watched. Methods come from the op table and stand on a prototype; every other
 * member is that of the implementation.
 */
export const faulty = <I extends object>(
  port: Port<I>,
  impl: I,
  plan: FaultPlan<I> = {},
): I & FaultControls<I> => {
  const calls = new FaultyCalls(impl, plan)
  const ops = Object.entries(port.ops as Readonly<Record<string, Op>>)
  const methods = Object.fromEntries(ops.map(([name, op]) => [name, methodFor(calls, name, op)]))
  const controls: FaultControls<I> = {
    setFaults: (next) => {
      calls.setFaults(next)
    },
    checkBytes: () => {
      calls.checkBytes()
    },
  }
  return Object.assign(standIn(impl, methods), controls)
}
