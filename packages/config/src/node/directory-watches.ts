import { watch, type FSWatcher } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { identityOf } from './file-stamp.js'

interface Watched {
  readonly identity: string
  readonly watcher: FSWatcher
}

/**
 * Tells that something happened in the directory of a file, or in that of the file it links to: editors
 * replace a file by renaming, and mounted configuration swaps a link, so watching the file itself would
 * end with the first change. It may miss changes (network file systems, no watches left): its owner
 * looks at the file now and then as well.
 */
export class DirectoryWatches {
  readonly #path: string
  readonly #onEvent: () => void
  readonly #watched = new Map<string, Watched>()

  constructor(path: string, onEvent: () => void) {
    this.#path = resolve(path)
    this.#onEvent = onEvent
  }

  /** Watches what the path leads to now. Call it before each look at the file. */
  async refresh(): Promise<void> {
    const wanted = new Map<string, string>()
    const target = await realpath(this.#path).catch(() => this.#path)
    for (const directory of new Set([dirname(this.#path), dirname(target)]))
      wanted.set(directory, await identityOf(directory))
    for (const [directory, { identity, watcher }] of this.#watched) {
      if (wanted.get(directory) === identity) continue
      watcher.close()
      this.#watched.delete(directory)
    }
    for (const [directory, identity] of wanted)
      if (identity !== '' && !this.#watched.has(directory)) this.#add(directory, identity)
  }

  #add(directory: string, identity: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => {
        this.#onEvent()
      })
      watcher.on('error', () => {
        watcher.close()
        this.#watched.delete(directory)
      })
      this.#watched.set(directory, { identity, watcher })
    } catch {
      // No watches left, or the directory went away: the next look tries again.
    }
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close()
    this.#watched.clear()
  }
}
