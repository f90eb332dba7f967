import { baseError, type Clock, type Port, type Random } from '@bzzz/base'
import { simError } from './errors.js'

/**
 * - `unavailable`: fails before it takes effect, as an outage: `SIM_FAULT`.
 * - `answered`: fails before it takes effect, as a refusal: `SIM_REFUSED`.
 * - `lost-reply`: takes effect, then fails with `SIM_FAULT`: the caller cannot know.
 * - `hang`: no effect and no answer, until the caller's signal fires.
 * - a function: makes the error; no effect.
 */
export type Fault = 'unavailable' | 'answered' | 'lost-reply' | 'hang' | (() => unknown)

export interface FaultRule {
  /** Share of calls that it strikes. Default 1. */
  readonly probability?: number
  /** Strikes only while this holds. Default: always. */
  readonly isStruck?: () => boolean
  /** Strikes at most so many calls. Default: no bound. */
  readonly timesMax?: number
  /** Waits first, milliseconds: uniform up to this. Default 0. */
  readonly delayMaxMs?: number
  /** Default: none, only the delay. */
  readonly fault?: Fault
}

type OpName<I> = keyof Port<I>['ops'] & string

/** What goes wrong, by method. Empty: nothing. */
export interface FaultPlan<I> {
  /** Needed by probabilities below 1 and by delays. */
  readonly random?: Random
  /** Needed by delays. */
  readonly clock?: Clock
  /** Rules of single methods; the first that strikes counts. */
  readonly ops?: { readonly [K in OpName<I>]?: readonly FaultRule[] }
  /** Rules of every method, after its own. */
  readonly every?: readonly FaultRule[]
}

/** What one call is to suffer. */
export interface Strike {
  readonly delayMs: number
  readonly fault: Fault | undefined
}

const needs = (part: string, why: string): Error =>
  baseError('INVALID_ARGUMENT', `the fault plan needs a ${part}: ${why}`)

/** Decides, call by call, what goes wrong. */
export class FaultDice<I> {
  readonly #plan: FaultPlan<I>
  readonly #strikes = new Map<FaultRule, number>()

  /** Throws `INVALID_ARGUMENT` for a plan that lacks what its rules need. */
  constructor(plan: FaultPlan<I>) {
    this.#plan = plan
    const byOp: readonly (readonly FaultRule[] | undefined)[] = Object.values(plan.ops ?? {})
    for (const rule of [...byOp, plan.every].flatMap((rules) => rules ?? [])) {
      if ((rule.probability ?? 1) < 1 && plan.random === undefined)
        throw needs('random', 'a rule has a probability below 1')
      if ((rule.delayMaxMs ?? 0) > 0 && (plan.random === undefined || plan.clock === undefined))
        throw needs('random and a clock', 'a rule has a delay')
    }
  }

  roll(op: OpName<I>): Strike | undefined {
    const { ops, every, random } = this.#plan
    for (const rule of [...(ops?.[op] ?? []), ...(every ?? [])]) {
      const { probability = 1, timesMax = Infinity, delayMaxMs = 0, fault } = rule
      const strikes = this.#strikes.get(rule) ?? 0
      if (strikes >= timesMax || rule.isStruck?.() === false) continue
      if (probability < 1 && random !== undefined && random.next() >= probability) continue
      this.#strikes.set(rule, strikes + 1)
      const delayMs = delayMaxMs > 0 && random !== undefined ? random.next() * delayMaxMs : 0
      return { delayMs, fault }
    }
    return undefined
  }

  /** Lets the strike's delay pass. */
  async wait({ delayMs }: Strike): Promise<void> {
    const { clock } = this.#plan
    if (delayMs > 0 && clock !== undefined)
      await new Promise<void>((resolve) => {
        clock.setTimer(resolve, delayMs)
      })
  }
}

/** The error of a fault. */
export const errorOf = (fault: Fault, op: string): unknown => {
  if (typeof fault === 'function') return fault()
  return fault === 'answered'
    ? simError('SIM_REFUSED', `a planned refusal of ${op}`)
    : simError('SIM_FAULT', `a planned fault of ${op}`)
}
