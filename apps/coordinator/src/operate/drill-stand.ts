import {
  standIn,
  type AbortOptions,
  type Clock,
  type Method,
  type Port,
  type Random,
  type Unsubscribe,
} from '@bzzz/base'
import type { Reach, RealSide } from '@bzzz/hybrid'
import { faulty, type FaultPlan } from '@bzzz/sim'
import type { Drill } from './drill.js'
import { HeldCalls } from './held-calls.js'

export interface DrillStandOptions<I> {
  readonly port: Port<I>
  readonly clock: Clock
  readonly random: Random
}

/** One real side, and what its calls are sent to now: itself, or itself with faults. */
interface Stood {
  use(drill: Drill | undefined): void
  reachChanged(): void
}

type CopyOptions = Parameters<NonNullable<RealSide<object>['copyAll']>>[0]

/** What a hybrid takes a real side without a reach for. */
const ALWAYS_THERE: Reach = { hasQuorum: true, canReach: () => true, onChange: () => () => {} }

const ABSENT = 'a drill keeps this node from its peers'

/** What the desk of drills needs of a stand, whatever its port. */
export interface DrillStand {
  /** Puts a drill on, or takes it off. */
  use(drill: Drill | undefined): void
}

/**
 * Stands between a hybrid and its real sides. While no drill is on, every call goes straight to the
 * real side: one field is read, nothing is drawn, wrapped or awaited.
 */
export class FaultStand<I extends object> implements DrillStand {
  readonly #options: DrillStandOptions<I>
  readonly #held = new HeldCalls()
  #drill: Drill | undefined
  #stood: Stood | undefined

  constructor(options: DrillStandOptions<I>) {
    this.#options = options
  }

  use(drill: Drill | undefined): void {
    this.#drill = drill
    this.#stood?.use(drill)
    this.#held.release(this.#options.port.unavailable('the drill that held this call has ended'))
    this.#stood?.reachChanged()
  }

  /** The real side with the drills of this stand; the one before it has been stopped. */
  over(real: RealSide<I>): RealSide<I> {
    const calls = { target: real.port }
    const reach = this.#reachOver(real.reach ?? ALWAYS_THERE)
    this.#stood = {
      use: (drill) => {
        calls.target = drill === undefined ? real.port : this.#struck(real.port, drill)
      },
      reachChanged: () => {
        reach.tell()
      },
    }
    this.#stood.use(this.#drill)
    return {
      port: standIn(real.port, this.#forwarding(calls)),
      reach: reach.reach,
      ...(real.isAlone !== undefined && { isAlone: () => real.isAlone?.() === true }),
      ...this.#workOver(real),
    }
  }

  /** What a real side does beside its port meets the drill as well. */
  #workOver(real: RealSide<I>): Pick<RealSide<I>, 'confirm' | 'copyAll'> {
    const confirm = real.confirm?.bind(real)
    const copyAll = real.copyAll?.bind(real)
    return {
      ...(confirm !== undefined && {
        confirm: async (keys: readonly string[], options: AbortOptions) => {
          await this.#meet(options)
          return confirm(keys, options)
        },
      }),
      ...(copyAll !== undefined && {
        copyAll: async (options: CopyOptions) => {
          await this.#meet(options)
          await copyAll(options)
        },
      }),
    }
  }

  /** Every method of the port, sent to whatever the target is at the call. */
  #forwarding(calls: { target: I }): Readonly<Record<string, Method>> {
    const forward =
      (name: string): Method =>
      (...args) =>
        (calls.target as Record<string, Method>)[name]?.(...args)
    return Object.fromEntries(Object.keys(this.#options.port.ops).map((op) => [op, forward(op)]))
  }

  #struck(impl: I, drill: Drill): I {
    const { port } = this.#options
    if (drill.fault !== 'frozen') return faulty(port, impl, this.#planOf(drill))
    // Not the fault `hang`: what it holds, it never lets go.
    const ops = port.ops as Readonly<Record<string, { readonly kind: string }>>
    const frozen: Record<string, Method> = {}
    for (const [name, { kind }] of Object.entries(ops))
      if (kind === 'read' || kind === 'write')
        frozen[name] = (...args) =>
          this.#isMet(drill)
            ? this.#held.hold(optionsIn(args))
            : (impl as Record<string, Method>)[name]?.(...args)
    return standIn(impl, frozen)
  }

  #planOf({ fault, share, latencyMs }: Drill): FaultPlan<I> {
    const { port, clock, random } = this.#options
    const rule =
      fault === 'latency'
        ? { probability: share, delayMaxMs: latencyMs ?? 0 }
        : { probability: share, fault: () => port.unavailable(ABSENT) }
    return { clock, random, every: [rule] }
  }

  #isMet({ share }: Drill): boolean {
    return share >= 1 || this.#options.random.next() < share
  }

  /** What a drill does to the work of a real side that is no method of its port. */
  async #meet(options: AbortOptions): Promise<void> {
    const drill = this.#drill
    if (drill === undefined || !this.#isMet(drill)) return
    const { port, clock, random } = this.#options
    if (drill.fault === 'frozen') await this.#held.hold(options)
    if (drill.fault !== 'latency') throw port.unavailable(ABSENT)
    const delayMs = random.next() * (drill.latencyMs ?? 0)
    await new Promise<void>((resolve) => {
      clock.setTimer(resolve, delayMs)
    })
  }

  #reachOver(real: Reach): { readonly reach: Reach; tell(): void } {
    const listeners = new Set<() => void>()
    const isAbsent = (): boolean => this.#drill?.fault === 'absent'
    return {
      reach: {
        get hasQuorum() {
          return !isAbsent() && real.hasQuorum
        },
        canReach: (key) => !isAbsent() && real.canReach(key),
        onChange: (listener): Unsubscribe => {
          const own = (): void => {
            listener()
          }
          listeners.add(own)
          const leave = real.onChange(own)
          return () => {
            listeners.delete(own)
            leave()
          }
        },
      },
      tell: () => {
        for (const listener of Array.from(listeners)) listener()
      },
    }
  }
}

/** The options that a call ends with, for its signal. */
const optionsIn = (args: readonly unknown[]): AbortOptions => {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null && 'signal' in last ? (last as AbortOptions) : {}
}
