import type { Mode, ModeSetting, Port } from '@bzzz/base'
import type { LogPosition, Phase, Side } from './events.js'
import type { Switchable } from './hybrid.js'
import type { Tick } from './real-calls.js'
import type { RealSide } from './real-side.js'
import type { RouteState } from './router.js'
import { methodOf, type AsyncMethod } from './rows.js'
import type { Store } from '@bzzz/store'

/** Keys whose conditional writes the replicas are deciding now: nobody else sends them meanwhile. */
class Deciding {
  readonly #keys = new Map<string, number>()

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Counts the key until the decision has ended, either way. */
  until(key: string, decision: Promise<unknown>): void {
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1)
    const end = (): void => {
      const left = (this.#keys.get(key) ?? 1) - 1
      if (left > 0) this.#keys.set(key, left)
      else this.#keys.delete(key)
    }
    decision.then(end, end)
  }
}

/** What is switched at run time: plain fields, read by every call and written on change. */
export class HybridState<I extends Switchable> implements RouteState {
  readonly port: Port<I>
  readonly mock: I
  readonly store: Store
  mode: Mode
  percent: number
  phase: Phase = 'local'
  /** The started real side. */
  side: RealSide<I> | undefined
  readonly #ofMock = new Map<string, AsyncMethod>()
  readonly #ofReal = new Map<string, AsyncMethod>()
  #boundTo: RealSide<I> | undefined
  isComplete = true
  readonly deciding = new Deciding()
  /** When real last answered, a few milliseconds too early; undefined before the first answer. */
  realAnswered: Tick | undefined

  constructor(port: Port<I>, mock: I, store: Store, setting: ModeSetting) {
    this.port = port
    this.mock = mock
    this.store = store
    this.mode = setting.mode
    this.percent = setting.percent
  }

  /** A method of the embedded side. */
  mockMethod(op: string): AsyncMethod {
    let method = this.#ofMock.get(op)
    if (method === undefined)
      this.#ofMock.set(op, (method = methodOf(this.mock, op) as AsyncMethod))
    return method
  }

  /** A method of the real side, which must be there. */
  realMethod(op: string): AsyncMethod {
    const { side } = this
    if (side === undefined) throw this.port.unavailable('there is no real side')
    if (side !== this.#boundTo) {
      this.#ofReal.clear()
      this.#boundTo = side
    }
    let method = this.#ofReal.get(op)
    if (method === undefined)
      this.#ofReal.set(op, (method = methodOf(side.port, op) as AsyncMethod))
    return method
  }

  get hasReal(): boolean {
    return this.side !== undefined
  }

  get setting(): ModeSetting {
    return { mode: this.mode, percent: this.percent }
  }

  /** Real is meant to answer callers. */
  get wantsReal(): boolean {
    return this.mode === 'real' || (this.mode === 'hybrid' && this.percent > 0)
  }

  get serving(): Side {
    return this.wantsReal && this.phase === 'real' && this.hasReal ? 'real' : 'store'
  }

  get position(): LogPosition {
    return { epoch: this.store.epoch, sequence: this.store.sequence }
  }

  /** The replicas of the key can be expected to answer. */
  canReach(key: string): boolean {
    const { side } = this
    return side !== undefined && (side.reach === undefined || side.reach.canReach(key))
  }
}
