import { codeOf, delay, Service, type AbortOptions, type Clock } from '@bzzz/base'
import { lockDirectory, type Unlock } from '@bzzz/store/node'
import { coordinatorError } from '../errors.js'
import type { DataDirectory } from './data-directory.js'
import { clearRuntime, readRuntime } from './runtime-file.js'

/** A command that asks whether the lock is held disturbs it for less than a millisecond. */
const RETRY_AFTER_MS = 50
const RETRIES = 2

/** Holds the data directory against other processes, whatever the store keeps in it. */
export class DirectoryLock extends Service {
  readonly #directory: DataDirectory
  readonly #clock: Clock
  #unlock: Unlock | undefined

  constructor(directory: DataDirectory, clock: Clock) {
    super('the lock of the data directory')
    this.#directory = directory
    this.#clock = clock
  }

  protected async onStart(options: AbortOptions): Promise<void> {
    this.#unlock = await this.#lock(options)
    // Left by one that was killed: its port may be another program's by now.
    await clearRuntime(this.#directory.runtimeFile)
  }

  async #lock(options: AbortOptions, retries = RETRIES): Promise<Unlock> {
    const { path, runtimeFile } = this.#directory
    try {
      return lockDirectory(path)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOCKED') throw error
      if (retries > 0) {
        await delay(this.#clock, RETRY_AFTER_MS, options)
        return this.#lock(options, retries - 1)
      }
      const runtime = await readRuntime(runtimeFile)
      const holder =
        runtime === undefined
          ? 'another process'
          : `process ${runtime.pid}, which serves ${runtime.url}`
      throw coordinatorError('COORDINATOR_RUNNING', `${path} is in use by ${holder}`, {
        cause: error,
        details: { directory: path, ...(runtime !== undefined && { pid: runtime.pid }) },
      })
    }
  }

  protected async onStop(): Promise<void> {
    this.#unlock?.()
  }
}
