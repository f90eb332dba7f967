import type { Disk, DiskFile, Random } from '@bzzz/base'

interface Inode {
  bytes: Uint8Array
  /** What a power cut leaves for certain. */
  durable: Uint8Array
}

const diskError = (code: string): Error => Object.assign(new Error(code), { code })

export type Operation =
  | 'append'
  | 'sync'
  | 'truncate'
  | 'create'
  | 'rename'
  | 'remove'
  | 'syncDirectory'

/**
 * A disk in memory that loses what was not synced. `before` sees every operation that changes
 * something and may throw in its place.
 */
export class FakeDisk implements Disk {
  live = new Map<string, Inode>()
  durable = new Map<string, Inode>()
  /** Bytes that fit; appends beyond it fail with ENOSPC after writing what fits. */
  capacityBytes = Infinity
  before: (operation: Operation, name: string) => void = () => {}

  list(): Promise<string[]> {
    return Promise.resolve([...this.live.keys()])
  }

  async open(name: string, options: { readonly create?: boolean } = {}): Promise<DiskFile> {
    await Promise.resolve()
    if (!this.live.has(name)) {
      if (options.create !== true) throw diskError('ENOENT')
      this.before('create', name)
      this.live.set(name, { bytes: new Uint8Array(0), durable: new Uint8Array(0) })
    }
    return new FakeFile(this, name, this.live.get(name) as Inode)
  }

  readFile(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.live.get(name)?.bytes.slice())
  }

  async rename(from: string, to: string): Promise<void> {
    await Promise.resolve()
    this.before('rename', to)
    const inode = this.live.get(from)
    if (inode === undefined) throw diskError('ENOENT')
    this.live.delete(from)
    this.live.set(to, inode)
  }

  async remove(name: string): Promise<void> {
    await Promise.resolve()
    this.before('remove', name)
    if (!this.live.delete(name)) throw diskError('ENOENT')
  }

  async syncDirectory(): Promise<void> {
    await Promise.resolve()
    this.before('syncDirectory', '')
    this.durable = new Map(this.live)
  }

  get usedBytes(): number {
    let used = 0
    for (const { bytes } of this.live.values()) used += bytes.length
    return used
  }

  /** A copy as `kill -9` leaves it: everything that was written. */
  killed(): FakeDisk {
    return copyOf(this.live, (inode) => inode.bytes)
  }

  /**
   * A copy as a power cut leaves it: of each file what was synced and perhaps some of the rest,
   * names as at the last directory sync or later.
   */
  cut(random: Random): FakeDisk {
    const names = random.int(2) === 0 ? this.durable : this.live
    return copyOf(names, ({ bytes, durable }) => {
      const isGrown = bytes.length > durable.length
      if (!isGrown) return random.int(2) === 0 ? durable : bytes
      const kept = durable.length + random.int(bytes.length - durable.length + 1)
      const left = bytes.slice(0, kept)
      // The length may be on the disk before the content.
      if (random.int(3) === 0) left.fill(0, durable.length)
      return left
    })
  }

  /** Flips one bit. */
  flip(name: string, bit: number): void {
    const inode = this.live.get(name)
    if (inode === undefined) throw diskError('ENOENT')
    const bytes = inode.bytes.slice()
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    this.live.set(name, { bytes, durable: bytes })
  }

  put(name: string, bytes: Uint8Array): void {
    this.live.set(name, { bytes, durable: bytes })
    this.durable.set(name, { bytes, durable: bytes })
  }

  get(name: string): Uint8Array {
    const inode = this.live.get(name)
    if (inode === undefined) throw diskError('ENOENT')
    return inode.bytes
  }
}

const copyOf = (
  names: ReadonlyMap<string, Inode>,
  content: (inode: Inode) => Uint8Array,
): FakeDisk => {
  const disk = new FakeDisk()
  for (const [name, inode] of names) disk.put(name, content(inode).slice())
  return disk
}

class FakeFile implements DiskFile {
  readonly #disk: FakeDisk
  readonly #name: string
  readonly #inode: Inode

  constructor(disk: FakeDisk, name: string, inode: Inode) {
    this.#disk = disk
    this.#name = name
    this.#inode = inode
  }

  get size(): number {
    return this.#inode.bytes.length
  }

  async append(bytes: Uint8Array): Promise<void> {
    await Promise.resolve()
    this.#disk.before('append', this.#name)
    const room = Math.max(0, this.#disk.capacityBytes - this.#disk.usedBytes)
    const written = bytes.subarray(0, room)
    const grown = new Uint8Array(this.size + written.length)
    grown.set(this.#inode.bytes)
    grown.set(written, this.size)
    this.#inode.bytes = grown
    if (written.length < bytes.length) throw diskError('ENOSPC')
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    await Promise.resolve()
    return this.#inode.bytes.slice(offset, offset + length)
  }

  async sync(): Promise<void> {
    await Promise.resolve()
    this.#disk.before('sync', this.#name)
    this.#inode.durable = this.#inode.bytes
  }

  async truncate(size: number): Promise<void> {
    await Promise.resolve()
    this.#disk.before('truncate', this.#name)
    this.#inode.bytes = this.#inode.bytes.slice(0, size)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
