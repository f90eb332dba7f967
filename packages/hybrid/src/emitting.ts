import { Emitter, type Clock, type ModeSetting } from '@bzzz/base'
import type { HybridEvents, Phase, Side, SwitchEvent } from './events.js'
import type { Switchable } from './hybrid.js'
import type { HybridState } from './state.js'
import type { Stats } from './stats.js'

type Change =
  | { readonly kind: 'backend-switched'; readonly from: Side; readonly to: Side }
  | { readonly kind: 'phase-changed'; readonly from: Phase; readonly to: Phase }
  | { readonly kind: 'mode-changed'; readonly from: ModeSetting; readonly to: ModeSetting }

/** Tells of switches, and counts them. */
export class Switches<I extends Switchable> {
  readonly emitter: Emitter<HybridEvents>
  readonly #component: string
  readonly #state: HybridState<I>
  readonly #stats: Stats
  readonly #clock: Clock
  #serving: Side = 'store'
  #hasFallenBack = false
  #lastId = 0
  #reason: string | undefined

  constructor(
    component: string,
    state: HybridState<I>,
    stats: Stats,
    clock: Clock,
    onListenerError: (error: unknown) => void,
  ) {
    this.#component = component
    this.#state = state
    this.#stats = stats
    this.#clock = clock
    this.emitter = new Emitter(onListenerError)
  }

  /** Why the store serves although real is meant to; undefined when it does not. */
  get reason(): string | undefined {
    return this.#reason
  }

  phase(from: Phase, to: Phase, reason: string): void {
    // On the way back it is still the outage that says why, and not the step of the way.
    if (to === 'real') this.#reason = undefined
    else if (to === 'local' || this.#reason === undefined) this.#reason = reason
    if (from === 'real' && this.#state.wantsReal) {
      this.#stats.fallbacks++
      this.#hasFallenBack = true
    }
    if (to === 'real' && this.#hasFallenBack) {
      this.#stats.recoveries++
      this.#hasFallenBack = false
    }
    this.#emit({ kind: 'phase-changed', from, to }, reason)
    this.serving(reason)
  }

  mode(from: ModeSetting, to: ModeSetting, reason: string): void {
    this.#emit({ kind: 'mode-changed', from, to }, reason)
    this.serving(reason)
  }

  /** Something changed that may make another side serve. */
  serving(reason: string): void {
    const from = this.#serving
    const to = this.#state.serving
    if (from === to) return
    this.#serving = to
    this.#emit({ kind: 'backend-switched', from, to }, reason)
  }

  #emit(change: Change, reason: string): void {
    const event: SwitchEvent = {
      ...change,
      component: this.#component,
      id: ++this.#lastId,
      reason,
      position: this.#state.position,
      atMs: this.#clock.nowMs(),
    }
    this.emitter.emit('switched', event)
  }
}
