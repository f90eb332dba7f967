import {
  close,
  constants,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  open,
  read,
  write,
  type Stats,
} from 'node:fs'
import { readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf, type Disk, type DiskFile } from '@bzzz/base'

const openAt = promisify(open)
const closeAt = promisify(close)
const statAt = promisify(fstat) as (fd: number) => Promise<Stats>
const truncateAt = promisify(ftruncate)
const syncDataAt = promisify(fdatasync)
const syncAt = promisify(fsync)

/** Records of a node may be private: nobody else reads them. */
const FILE_MODE = 0o600

/** One directory of the file system. */
export class NodeDisk implements Disk {
  readonly directory: string

  /** @param directory must exist when the disk is used */
  constructor(directory: string) {
    this.directory = directory
  }

  async list(): Promise<string[]> {
    const entries = await readdir(this.directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }

  async open(name: string, options: { readonly create?: boolean } = {}): Promise<DiskFile> {
    const flags = constants.O_RDWR | (options.create === true ? constants.O_CREAT : 0)
    const fd = await openAt(join(this.directory, name), flags, FILE_MODE)
    try {
      return new NodeFile(fd, (await statAt(fd)).size)
    } catch (error) {
      await closeAt(fd)
      throw error
    }
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.directory, name))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.directory, from), join(this.directory, to))
  }

  remove(name: string): Promise<void> {
    return unlink(join(this.directory, name))
  }

  async syncDirectory(): Promise<void> {
    // Windows has no handle of a directory to sync; NTFS journals names by itself.
    if (process.platform === 'win32') return
    const fd = await openAt(this.directory, constants.O_RDONLY)
    try {
      await syncAt(fd)
    } finally {
      await closeAt(fd)
    }
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number
  #size: number
  #isClosed = false

  constructor(fd: number, size: number) {
    this.#fd = fd
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  async append(bytes: Uint8Array): Promise<void> {
    let from = 0
    while (from < bytes.length) {
      const written = await writeAt(this.#fd, bytes, from, this.#size)
      from += written
      this.#size += written
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - offset)))
    let filled = 0
    while (filled < bytes.length) {
      const count = await readAt(this.#fd, bytes, filled, offset + filled)
      if (count === 0) return bytes.subarray(0, filled)
      filled += count
    }
    return bytes
  }

  /** The data and the length; times of access and change are of no use here. */
  sync(): Promise<void> {
    return syncDataAt(this.#fd)
  }

  async truncate(size: number): Promise<void> {
    await truncateAt(this.#fd, size)
    this.#size = size
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await closeAt(this.#fd)
  }
}

const writeAt = (fd: number, bytes: Uint8Array, from: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.length - from, position, (error, written) => {
      if (error === null) resolve(written)
      else reject(error)
    })
  })

const readAt = (fd: number, into: Uint8Array, at: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, into, at, into.length - at, position, (error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
