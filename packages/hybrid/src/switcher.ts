import {
  abortable,
  baseError,
  isAbort,
  messageOf,
  MODES,
  throwIfAborted,
  type Cancel,
  type Clock,
  type ModeSetting,
} from '@bzzz/base'
import type { SetModeOptions } from './controls.js'
import { hybridError } from './errors.js'
import type { Completeness, Switchable } from './hybrid.js'
import type { RealLifecycle } from './real-lifecycle.js'
import type { CopyProgress, RealSide } from './real-side.js'
import type { HybridState } from './state.js'
import type { Readiness } from './readiness.js'

/** A copy without progress for so long has come to a standstill, milliseconds. */
const COPY_STALL_MS = 30_000

export interface SwitcherOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly real: RealLifecycle<I>
  readonly readiness: Readiness
  readonly completeness: Completeness
  readonly clock: Clock
  readonly onMode: (from: ModeSetting, to: ModeSetting, reason: string) => void
}

/** Throws `INVALID_ARGUMENT`. */
export const assertSetting = ({ mode, percent }: ModeSetting): void => {
  if (!MODES.includes(mode))
    throw baseError('INVALID_ARGUMENT', `no mode: ${mode as string}; one of ${MODES.join(', ')}`)
  if (!(percent >= 0 && percent <= 100))
    throw baseError('INVALID_ARGUMENT', `percent is ${String(percent)}; it must be 0 to 100`)
}

/** Changes of mode, one after the other. */
export class Switcher<I extends Switchable> {
  readonly #options: SwitcherOptions<I>
  readonly #over = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: SwitcherOptions<I>) {
    this.#options = options
  }

  /** Gives up what waits, as a copy; resolves when no change is under way. */
  async stop(): Promise<void> {
    this.#over.abort()
    await this.#last.catch(() => {})
  }

  set(wanted: Partial<ModeSetting>, given: SetModeOptions): Promise<void> {
    const over = this.#over.signal
    const signal = given.signal === undefined ? over : AbortSignal.any([over, given.signal])
    const options = { ...given, signal }
    const change = this.#last
      .catch(() => {})
      .then(() => {
        throwIfAborted(options.signal)
        const { setting } = this.#options.state
        const target = { ...setting, ...wanted }
        assertSetting(target)
        return this.#change(setting, target, options)
      })
    this.#last = change
    return change
  }

  async #change(from: ModeSetting, to: ModeSetting, options: SetModeOptions): Promise<void> {
    if (from.mode === to.mode && from.percent === to.percent) return
    if (to.mode === 'mock' && from.mode !== 'mock') await this.#enterMock(options)
    else if (from.mode === 'mock' && to.mode !== 'mock') await this.#leaveMock(to, options)
    else if (to.mode === 'real' && from.mode !== 'real') await this.#assertReady(options)
    const { state, real, onMode } = this.#options
    state.mode = to.mode
    state.percent = to.percent
    onMode(from, to, options.reason ?? 'asked for')
    if (to.mode === 'mock') await real.close()
    else if (from.mode === 'mock') await this.#settle(options)
  }

  async #enterMock(options: SetModeOptions): Promise<void> {
    const { state, completeness } = this.#options
    if (options.isNow !== true) await this.#copy(options)
    const isComplete = options.isNow !== true || state.side?.isAlone?.() === true
    await completeness.save(isComplete)
    state.isComplete = isComplete
  }

  async #copy({ signal, onProgress }: SetModeOptions): Promise<void> {
    const { side } = this.#options.state
    try {
      if (side?.isAlone?.() === true) return
      if (side?.copyAll === undefined)
        throw hybridError('HYBRID_COPY_INCOMPLETE', 'there is no real side to copy from')
      await this.#watched(side, signal, onProgress)
    } catch (error) {
      throwIfAborted(signal)
      throw hybridError('HYBRID_COPY_INCOMPLETE', messageOf(error), { cause: error })
    }
  }

  /** A copy takes as long as it takes; one that stands still is given up, as others wait behind it. */
  async #watched(
    side: RealSide<I>,
    signal: AbortSignal | undefined,
    onProgress: SetModeOptions['onProgress'],
  ): Promise<void> {
    const { clock } = this.#options
    const stalled = new AbortController()
    const either = AbortSignal.any(
      signal === undefined ? [stalled.signal] : [stalled.signal, signal],
    )
    const watch = (): Cancel =>
      clock.setTimer(() => {
        stalled.abort()
      }, COPY_STALL_MS)
    let cancel = watch()
    const told = (progress: CopyProgress): void => {
      cancel()
      cancel = watch()
      onProgress?.(progress)
    }
    try {
      const copying = side.copyAll?.({ signal: either, onProgress: told })
      await abortable(copying ?? Promise.resolve(), either)
    } catch (error) {
      if (!stalled.signal.aborted) throw error
      throw hybridError('HYBRID_COPY_INCOMPLETE', `it stood still for ${COPY_STALL_MS} ms`)
    } finally {
      cancel()
    }
  }

  /** From here on the mesh may hold what this node lacks, so the mark goes first. */
  async #leaveMock(to: ModeSetting, options: SetModeOptions): Promise<void> {
    const { real, completeness, state } = this.#options
    const wasComplete = state.isComplete
    await completeness.save(false)
    try {
      if (to.mode !== 'real') {
        await real.keepOpen({ signal: options.signal })
        return
      }
      await real.open({ signal: options.signal })
      await this.#assertReady(options)
    } catch (error) {
      await real.close()
      // Nothing was answered in between, so what it held before is still what it knows of.
      await completeness.save(wasComplete)
      if (isAbort(error)) throw error
      throw hybridError('HYBRID_NOT_READY', messageOf(error), { cause: error })
    }
  }

  async #assertReady({ signal }: SetModeOptions): Promise<void> {
    const isReady = await abortable(this.#options.readiness.whenServing(), signal)
    if (isReady) return
    throw hybridError('HYBRID_NOT_READY', `real does not serve: ${this.#options.readiness.reason}`)
  }

  async #settle({ signal }: SetModeOptions): Promise<void> {
    await abortable(this.#options.readiness.whenSettled(), signal)
  }
}
