import { codeOf, Service } from '@bzzz/base'
import { lockDirectory, type Unlock } from '@bzzz/store/node'
import { coordinatorError } from '../errors.js'
import type { DataDirectory } from './data-directory.js'
import { readRuntime } from './runtime-file.js'

/** Holds the data directory against other processes, whatever the store keeps in it. */
export class DirectoryLock extends Service {
  readonly #directory: DataDirectory
  #unlock: Unlock | undefined

  constructor(directory: DataDirectory) {
    super('the lock of the data directory')
    this.#directory = directory
  }

  protected async onStart(): Promise<void> {
    const { path, runtimeFile } = this.#directory
    try {
      this.#unlock = lockDirectory(path)
    } catch (error) {
      if (codeOf(error) !== 'STORE_LOCKED') throw error
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
