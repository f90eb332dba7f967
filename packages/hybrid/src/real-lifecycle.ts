import {
  abortable,
  messageOf,
  type AbortOptions,
  type Cancel,
  type Clock,
  type Random,
} from '@bzzz/base'
import { bounded } from './bounded.js'
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

/** A real side that has not started by then is given up, milliseconds. */
const START_TIMEOUT_MS = 30_000

/** Who can do without the real side waits so long for its first start, milliseconds. */
const FIRST_START_MS = 5_000

/** Nobody waits longer than this for a real side to stop, milliseconds. */
const STOP_TIMEOUT_MS = 10_000

/** The one real side of a hybrid: made, started, tried again, stopped. One at a time. */
export class RealLifecycle<I extends Switchable> {
  readonly #options: RealLifecycleOptions<I>
  #driver: RecoveryDriver<I> | undefined
  #cancelRetry: Cancel | undefined
  #opening: Promise<void> = Promise.resolve()
  #given = new AbortController()
  /** A side that was told to stop, until it has. */
  #former: Promise<void> | undefined
  #attempt = 0
  #isWanted = false

  constructor(options: RealLifecycleOptions<I>) {
    this.#options = options
  }

  get driver(): RecoveryDriver<I> | undefined {
    return this.#driver
  }

  /** Rejects with what the side said; whoever gives up before, by the signal, has to close. */
  async open({ signal }: AbortOptions = {}): Promise<void> {
    this.#isWanted = true
    this.#given = new AbortController()
    const opening = this.#open(this.#given.signal)
    this.#opening = opening.catch(() => {})
    await abortable(opening, signal)
  }

  /**
   * Tries until it is open or closed. Resolves when the first try has ended, or goes on without the
   * caller. Rejects with `ABORTED` alone; then it has to be closed.
   */
  async keepOpen({ signal }: AbortOptions = {}): Promise<void> {
    const { clock } = this.#options
    const first = this.#keepTrying()
    const waited = new Promise<void>((resolve) => {
      const cancel = clock.setTimer(resolve, FIRST_START_MS)
      void first.then(() => {
        cancel()
        resolve()
      })
    })
    await abortable(waited, signal)
  }

  /** Never rejects. */
  async #keepTrying(): Promise<void> {
    try {
      await this.open()
    } catch (error) {
      if (!this.#isWanted) return
      this.#options.onStartFailed(messageOf(error))
      this.#retryLater()
    }
  }

  #retryLater(): void {
    const { clock, random, tuning } = this.#options
    const ceilingMs = Math.min(tuning.backoffMaxMs, tuning.backoffMinMs * 2 ** this.#attempt++)
    this.#cancelRetry = clock.setTimer(() => {
      if (this.#isWanted) void this.#keepTrying()
    }, ceilingMs * random.next())
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { state, make, driver, subscriptions, onOpen } = this.#options
    if (state.side !== undefined) return
    if (this.#former !== undefined)
      throw state.port.unavailable('the real side that ran before has not stopped yet')
    const side = make()
    if (side.port.contract !== state.mock.contract)
      throw hybridError(
        'HYBRID_CONTRACT',
        `the real side states ${side.port.contract}, the embedded one ${state.mock.contract}`,
      )
    await this.#start(side.port, signal)
    state.side = side
    subscriptions.attach(side.port)
    this.#attempt = 0
    this.#driver = new RecoveryDriver(driver)
    onOpen()
    this.#driver.start()
  }

  /** Leaves nothing behind but, where a start comes to no end, one that is told to stop. */
  async #start(port: I, signal: AbortSignal): Promise<void> {
    const { clock, state } = this.#options
    const given = new AbortController()
    let isOver = false
    const starting = port.start({ signal: AbortSignal.any([signal, given.signal]) }).finally(() => {
      isOver = true
    })
    const onTimeout = (): Error =>
      state.port.unavailable(`it did not start within ${START_TIMEOUT_MS} ms`)
    try {
      await bounded(starting, clock, START_TIMEOUT_MS, { signal, onTimeout })
    } catch (error) {
      given.abort()
      if (!isOver) void this.#stop(port)
      throw error
    }
  }

  /** Resolves when it has stopped, or nobody waits for it any longer. Rejects with what it says. */
  #stop(port: I): Promise<void> {
    const { clock } = this.#options
    const stopping = port.stop()
    const former = stopping
      .catch(() => {})
      .then(() => {
        if (this.#former === former) this.#former = undefined
      })
    this.#former = former
    return new Promise<void>((resolve, reject) => {
      const cancel = clock.setTimer(resolve, STOP_TIMEOUT_MS)
      stopping.then(resolve, reject).finally(cancel)
    })
  }

  async close(): Promise<void> {
    this.#isWanted = false
    this.#cancelRetry?.()
    this.#given.abort()
    await this.#opening
    const { state, subscriptions } = this.#options
    const { side } = state
    this.#driver?.stop()
    this.#driver = undefined
    state.phase = 'local'
    state.side = undefined
    if (side === undefined) return
    subscriptions.detach()
    await this.#stop(side.port)
  }
}
