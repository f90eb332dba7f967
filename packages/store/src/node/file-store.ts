import { mkdir } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { codeOf, systemClock, type Clock } from '@bzzz/base'
import { storeError } from '../errors.js'
import { LogStore, type LogStoreOptions } from '../log/log-store.js'
import type { Opened } from '../store-engine.js'
import type { Store } from '../store.js'
import { lockDirectory, type Unlock } from './directory-lock.js'
import { NodeDisk } from './node-disk.js'

export interface FileStoreOptions extends Omit<
  LogStoreOptions,
  'disk' | 'clock' | 'crc32' | 'markPlace'
> {
  /**
   * Made when it is missing. It belongs to the store alone; beside it stands the file
   * `<directory>.mark`, which tells when the directory was emptied, swapped or restored.
   */
  readonly directory: string
  /** Default: the system's. */
  readonly clock?: Clock | undefined
}

/** The store in a directory, locked against other processes while it is started. */
export class FileStore extends LogStore {
  readonly directory: string
  #unlock: Unlock | undefined

  constructor(options: FileStoreOptions) {
    const directory = resolve(options.directory)
    super({
      ...options,
      disk: new NodeDisk(directory),
      clock: options.clock ?? systemClock,
      crc32,
      markPlace: { disk: new NodeDisk(dirname(directory)), name: `${basename(directory)}.mark` },
    })
    this.directory = directory
  }

  protected override async open(): Promise<Opened> {
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 })
      this.#unlock = lockDirectory(this.directory)
      return await super.open()
    } catch (error) {
      this.#release()
      throw typed(error, this.directory)
    }
  }

  protected override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      this.#release()
    }
  }

  #release(): void {
    this.#unlock?.()
    this.#unlock = undefined
  }
}

/** Errors of the operating system as the store's own, so that every refusal has a code and a remedy. */
const typed = (error: unknown, directory: string): unknown => {
  const code = codeOf(error)
  if (code === undefined || /^[A-Z]+_/.test(code)) return error
  return storeError(
    code === 'ENOSPC' || code === 'EDQUOT' ? 'STORE_FULL' : 'STORE_FAILED',
    `${directory} cannot be opened (${code})`,
    { cause: error, details: { directory, code } },
  )
}

/** Opens and starts the store of a directory. Rejects with the codes `STORE_…`. */
export const openFileStore = async (options: FileStoreOptions): Promise<Store> => {
  const store = new FileStore(options)
  await store.start()
  return store
}
