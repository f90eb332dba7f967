import { systemClock, type BzzzError, type Cancel, type Clock } from '@bzzz/base'
import { coordinatorFields } from '../src/coordinator-fields.js'
import type { Environment, Overrides } from '../src/text-sources.js'
import type { Reload } from '../src/reload.js'
import type { YamlText } from '../src/yaml-document.js'
import { readConfig, readText } from '../src/node/read-config.js'
import { watchConfig, type ConfigWatch } from '../src/node/watch-config.js'

type F = typeof coordinatorFields.fields

/** Five times what a busy machine took at worst. */
const WAIT_MAX_MS = 10_000

const POLL_MS = 3_600_000
export const SETTLE_MS = 20

/** The system's clock, but its polls come only when the test says so. */
class PollClock implements Clock {
  readonly #onSet: () => void
  /** Delays that were asked for, polls left out. */
  readonly delays: number[] = []
  #poll: (() => void) | undefined

  constructor(onSet: () => void) {
    this.#onSet = onSet
  }

  nowMs(): number {
    return systemClock.nowMs()
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }

  setTimer(callback: () => void, delayMs: number): Cancel {
    if (delayMs !== POLL_MS) {
      this.delays.push(delayMs)
      return systemClock.setTimer(callback, delayMs)
    }
    this.#poll = callback
    this.#onSet()
    return () => {
      this.#poll = undefined
    }
  }

  /** It has looked, and waits for an event or a poll. */
  get isIdle(): boolean {
    return this.#poll !== undefined
  }

  poll(): void {
    const callback = this.#poll
    this.#poll = undefined
    callback?.()
  }
}

export interface Watching {
  readonly watch: ConfigWatch<F>
  /** `mode hybrid`, `restart bzzz.dht.replicas`, `problem CODE`, `good`, in their order. */
  readonly told: string[]
  readonly clock: PollClock
  /** Waits until this was told last and the watch is idle; gives all that was told. */
  readonly until: (last: string) => Promise<readonly string[]>
  /** Waits for a look that begins after this call and reads the file. */
  readonly untilRead: () => Promise<void>
}

export interface WatchingOptions {
  readonly env?: Environment
  readonly overrides?: Overrides
  readonly onChange?: (reload: Reload<F>) => void
  readonly read?: (path: string) => Promise<YamlText>
}

/** Loads the file, starts to watch it, and waits until the watch has looked for the first time. */
export const watching = async (file: string, options: WatchingOptions = {}): Promise<Watching> => {
  const { env, overrides, onChange, read = readText } = options
  const running = await readConfig(coordinatorFields, { file, env, overrides })
  const told: string[] = []
  const waiting = new Set<() => void>()
  const check = (): void => {
    for (const each of waiting) each()
  }
  const tell = (text: string): void => {
    told.push(text)
    check()
  }
  const untilTrue = (what: string, condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`waited for ${what}; told: ${told.join(', ')}`))
      }, WAIT_MAX_MS)
      const attempt = (): void => {
        if (!condition()) return
        clearTimeout(timer)
        waiting.delete(attempt)
        resolve()
      }
      waiting.add(attempt)
      attempt()
    })
  const clock = new PollClock(check)
  let reads = 0
  const watch: ConfigWatch<F> = watchConfig(coordinatorFields, {
    file,
    env,
    overrides,
    running,
    clock,
    settleMs: SETTLE_MS,
    pollMs: POLL_MS,
    read: async (path) => {
      reads++
      return read(path)
    },
    onChange: (reload) => {
      for (const { key } of reload.applied)
        tell(key === 'dhtMode' ? `mode ${watch.loaded.config.dhtMode.mode}` : `live ${key}`)
      if (reload.needsRestart.length > 0)
        tell(`restart ${reload.needsRestart.map(({ path }) => path).join(' ')}`)
      onChange?.(reload)
    },
    onProblem: (problem?: BzzzError) => {
      tell(problem === undefined ? 'good' : `problem ${problem.code}`)
    },
  })
  await watch.start()
  await untilTrue('the first look', () => clock.isIdle)
  return {
    watch,
    told,
    clock,
    until: async (last) => {
      await untilTrue(`"${last}"`, () => told.at(-1) === last && clock.isIdle)
      return told
    },
    untilRead: async () => {
      const before = reads
      await untilTrue('a read', () => reads > before && clock.isIdle)
    },
  }
}
