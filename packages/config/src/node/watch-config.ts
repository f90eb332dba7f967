import { delay, Emitter, isAbort, messageOf, Service, type BzzzError, type Clock } from '@bzzz/base'
import {
  loadConfig,
  reloadInto,
  type Fields,
  type FieldTable,
  type Loaded,
  type Reload,
  type YamlText,
} from '@bzzz/config'
import { DirectoryWatches } from './directory-watches.js'
import { stampOf } from './file-stamp.js'
import { configPath, readText, unreadable, type ReadConfigOptions } from './read-config.js'

export interface WatchConfigOptions<F extends Fields> extends ReadConfigOptions {
  /** The configuration that runs, as `readConfig` gave it. */
  readonly running: Loaded<F>
  readonly clock: Clock
  /** Hears every change, after `loaded` tells it. */
  readonly onChange: (reload: Reload<F>) => void
  /**
   * Hears once what is wrong with the file (`CONFIG_INVALID`, `CONFIG_FILE_UNREADABLE`), and undefined
   * when the file is good again.
   */
  readonly onProblem: (problem: BzzzError | undefined) => void
  /** Hears what the two callbacks throw. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
  /** How the text of the file is read. Default: from the disk, at most 256 KiB of UTF-8. */
  readonly read?: ((path: string) => Promise<YamlText>) | undefined
  /** The file must stay as it is for this long before it counts, milliseconds. Default 100. */
  readonly settleMs?: number | undefined
  /** Time between two looks at the file when nothing tells of a change, milliseconds. Default 5,000. */
  readonly pollMs?: number | undefined
}

/** Between two looks, so that a directory in which much happens costs little. */
const LOOK_GAP_MS = 25

interface Events<F extends Fields> {
  changed: Reload<F>
  problem: BzzzError | undefined
}

/**
 * Keeps a configuration as its file says. A file that is broken, empty or gone is refused whole, and the last
 * good configuration stays in force. Only live settings are applied; the others are told as needing a restart.
 */
export class ConfigWatch<F extends Fields> extends Service {
  readonly #table: FieldTable<F>
  readonly #options: WatchConfigOptions<F>
  readonly #events: Emitter<Events<F>>
  readonly #ending = new AbortController()
  #loaded: Loaded<F>
  #needsRestart: Reload<F>['needsRestart'] = []
  #problem: BzzzError | undefined
  /** Stamp of the file that was judged last. */
  #judged: string | undefined
  #wake: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()

  constructor(table: FieldTable<F>, options: WatchConfigOptions<F>) {
    super('the watch of the configuration')
    this.#table = table
    this.#options = options
    this.#loaded = options.running
    this.#events = new Emitter((error) => options.onListenerError?.(error))
    this.#events.on('changed', options.onChange)
    this.#events.on('problem', options.onProblem)
  }

  /** The configuration in force. */
  get loaded(): Loaded<F> {
    return this.#loaded
  }

  /** What the file says otherwise, and a restart would apply. */
  get needsRestart(): Reload<F>['needsRestart'] {
    return this.#needsRestart
  }

  /** Why the file as it is now is not in force; undefined: it is. */
  get problem(): BzzzError | undefined {
    return this.#problem
  }

  protected onStart(): Promise<void> {
    const path = configPath(this.#options)
    if (path !== undefined)
      this.#loop = this.#watch(path, this.#ending.signal).catch((error: unknown) => {
        this.#options.onListenerError?.(error)
      })
    return Promise.resolve()
  }

  protected async onStop(): Promise<void> {
    this.#ending.abort()
    await this.#loop
  }

  async #watch(path: string, signal: AbortSignal): Promise<void> {
    const watches = new DirectoryWatches(path, () => {
      this.#wake()
    })
    try {
      while (!signal.aborted) {
        // What happens while it looks is waited for no longer, so nothing falls in between.
        const event = new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        await watches.refresh()
        await this.#look(path, signal)
        await this.#eventOrPoll(event, signal)
        await delay(this.#options.clock, LOOK_GAP_MS, { signal })
      }
    } catch (error) {
      if (!isAbort(error)) throw error
    } finally {
      watches.close()
    }
  }

  /** Until something happened in the directory, or it is time to look unasked. */
  async #eventOrPoll(event: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, pollMs = 5_000 } = this.#options
    const waiting = new AbortController()
    const poll = delay(clock, pollMs, { signal: AbortSignal.any([signal, waiting.signal]) })
    try {
      await Promise.race([event, poll])
    } finally {
      waiting.abort()
    }
  }

  /** Judges the file once it stays as it is: one that is being written looks broken, or empty. */
  async #look(path: string, signal: AbortSignal): Promise<void> {
    const { clock, settleMs = 100 } = this.#options
    let stamp = await stampOf(path)
    while (stamp !== this.#judged) {
      await delay(clock, settleMs, { signal })
      const outcome = await this.#read(path)
      const after = await stampOf(path)
      if (after !== stamp) {
        stamp = after
        continue
      }
      const isRead = !('code' in outcome) || outcome.code === 'CONFIG_INVALID'
      // What could not be read may be readable later without having changed: it is tried again.
      this.#judged = isRead ? stamp : undefined
      this.#judge(outcome)
      return
    }
  }

  async #read(path: string): Promise<Loaded<F> | BzzzError> {
    const { env = {}, overrides = {}, read = readText } = this.#options
    try {
      const file = await read(path)
      // At a start that means defaults; in a running node it is a file cut off while it is written.
      if (file.text.trim() === '') throw unreadable(path, 'it is empty')
      return loadConfig(this.#table, { file, env, overrides })
    } catch (error) {
      return asConfigError(path, error)
    }
  }

  #judge(outcome: Loaded<F> | BzzzError): void {
    if ('config' in outcome) {
      if (this.#problem !== undefined) {
        this.#problem = undefined
        this.#events.emit('problem', undefined)
      }
      this.#apply(outcome)
    } else if (this.#problem?.message !== outcome.message) {
      this.#problem = outcome
      this.#events.emit('problem', outcome)
    }
  }

  #apply(fresh: Loaded<F>): void {
    const reload = reloadInto(this.#table, this.#loaded, fresh)
    const { applied, needsRestart } = reload
    const isNews = JSON.stringify(needsRestart) !== JSON.stringify(this.#needsRestart)
    this.#loaded = reload.loaded
    this.#needsRestart = needsRestart
    if (applied.length > 0 || isNews) this.#events.emit('changed', reload)
  }
}

const asConfigError = (path: string, error: unknown): BzzzError => {
  const known = error as BzzzError
  return known.code === 'CONFIG_INVALID' || known.code === 'CONFIG_FILE_UNREADABLE'
    ? known
    : unreadable(path, messageOf(error), error)
}

/** A {@link ConfigWatch}, not started. Without a file it watches nothing. */
export const watchConfig = <F extends Fields>(
  table: FieldTable<F>,
  options: WatchConfigOptions<F>,
): ConfigWatch<F> => new ConfigWatch(table, options)
