import { codeOf, type Disk, type Random } from '@bzzz/base'

export const BALLAST_FILE = 'ballast'
const PROBE_FILE = 'probe.tmp'

const CHUNK_BYTES = 64 * 1024

/** Beyond the ballast this much must be free before writes are taken again, or they fail at once. */
const HEADROOM_BYTES = 1024 * 1024

/** Quotas end like disks. */
export const isFull = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'STORE_FULL'
}

/**
 * Space set aside while there is some. On a full disk it is given up, so that compaction and a
 * start have room to work in; it is taken again before writes are.
 */
export class Ballast {
  readonly #disk: Disk
  readonly #random: Random
  readonly #bytes: number

  /** @param bytes 0 for none */
  constructor(disk: Disk, random: Random, bytes: number) {
    this.#disk = disk
    this.#random = random
    this.#bytes = bytes
  }

  async take(): Promise<void> {
    if (this.#bytes === 0) return
    if ((await this.#disk.list()).includes(BALLAST_FILE)) return
    const temporary = `${BALLAST_FILE}.tmp`
    await this.#fill(temporary, this.#bytes)
    await this.#disk.rename(temporary, BALLAST_FILE)
    await this.#disk.syncDirectory()
  }

  /** Takes the ballast again, provided that some space beyond it is free as well. */
  async takeWithHeadroom(): Promise<void> {
    await this.#fill(PROBE_FILE, HEADROOM_BYTES)
    try {
      await this.take()
    } finally {
      await this.#disk.remove(PROBE_FILE)
    }
  }

  async release(): Promise<void> {
    const names = await this.#disk.list()
    if (!names.includes(BALLAST_FILE)) return
    await this.#disk.remove(BALLAST_FILE)
    await this.#disk.syncDirectory()
  }

  /** Random bytes: a file system that compresses would set nothing aside for zeros. */
  async #fill(name: string, bytes: number): Promise<void> {
    const file = await this.#disk.open(name, { create: true })
    try {
      if (file.size > 0) await file.truncate(0)
      const chunk = this.#random.bytes(CHUNK_BYTES)
      while (file.size < bytes) await file.append(chunk.subarray(0, bytes - file.size))
      await file.sync()
    } catch (error) {
      await file.truncate(0).catch(() => {})
      await this.#disk.remove(name).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  }
}
