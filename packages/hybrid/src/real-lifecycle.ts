import { messageOf, type AbortOptions, type Cancel, type Clock, type Random } from '@bzzz/base'
import { hybridError } from './errors.js'
import type { Switchable } from './hybrid.js'
import type { RealSide } from './real-side.js'
import { RecoveryDriver, type RecoveryDriverOptions } from './recovery-driver.js'
import type { HybridState } from './state.js'
import type { Subscriptions } from './subscriptions.js'
import type { Tuning } from './tuning.js'

export interface RealLifecycleOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly make: () => RealSide<I>
  readonly driver: RecoveryDriverOptions<I>
  readonly subscriptions: Subscriptions<I>
  readonly clock: Clock
  readonly random: Random
  readonly tuning: Tuning
  /** A real side could not start; it is tried again. */
  readonly onStartFailed: (reason: string) => void
  readonly onOpen: () => void
}

/** The one real side of a hybrid: made, started, tried again, stopped. One at a time. */
export class RealLifecycle<I extends Switchable> {
  readonly #options: RealLifecycleOptions<I>
  #driver: RecoveryDriver<I> | undefined
  #cancelRetry: Cancel | undefined
  #retrying: Promise<void> = Promise.resolve()
  #attempt = 0
  #isWanted = false

  constructor(options: RealLifecycleOptions<I>) {
    this.#options = options
  }

  get driver(): RecoveryDriver<I> | undefined {
    return this.#driver
  }

  /** Rejects with what the side said, and leaves nothing running. */
  async open(options: AbortOptions = {}): Promise<void> {
    this.#isWanted = true
    if (this.#options.state.side !== undefined) return
    const { state, make, driver, subscriptions, onOpen } = this.#options
    const side = make()
    if (side.port.contract !== state.mock.contract)
      throw hybridError(
        'HYBRID_CONTRACT',
        `the real side states ${side.port.contract}, the embedded one ${state.mock.contract}`,
      )
    await side.port.start(options)
    state.side = side
    subscriptions.attach(side.port)
    this.#attempt = 0
    this.#driver = new RecoveryDriver(driver)
    onOpen()
    this.#driver.start()
  }

  /** As {@link open}, and tries again until it starts or is closed. */
  async keepOpen(options: AbortOptions = {}): Promise<void> {
    try {
      await this.open(options)
    } catch (error) {
      this.#options.onStartFailed(messageOf(error))
      this.#retryLater()
    }
  }

  #retryLater(): void {
    const { clock, random, tuning } = this.#options
    const ceilingMs = Math.min(tuning.backoffMaxMs, tuning.backoffMinMs * 2 ** this.#attempt++)
    this.#cancelRetry = clock.setTimer(() => {
      if (this.#isWanted) this.#retrying = this.keepOpen()
    }, ceilingMs * random.next())
  }

  async close(): Promise<void> {
    this.#isWanted = false
    this.#cancelRetry?.()
    await this.#retrying
    this.#cancelRetry?.()
    const { state, subscriptions } = this.#options
    const { side } = state
    this.#driver?.stop()
    this.#driver = undefined
    state.phase = 'local'
    state.side = undefined
    if (side === undefined) return
    subscriptions.detach()
    await side.port.stop()
  }
}
