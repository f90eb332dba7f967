import { pick, type Disk, type DiskFile, type Random } from '@bzzz/base'
import type { Ground } from './ground.js'
import { Inode, type Tearing } from './inode.js'
import { ProcessGate } from './process-gate.js'

export interface SimDiskOptions {
  /** How long one operation takes, milliseconds: uniform up to this. Default 0.05. */
  readonly operationMaxMs?: number
  /** How long a sync takes, milliseconds: uniform up to this. Default 1. */
  readonly syncMaxMs?: number
  /** Bytes that fit; one more is `ENOSPC`. Default: unlimited. */
  readonly capacityBytes?: number
  readonly gate?: ProcessGate
}

/** How the process that used a disk ended. After a `kill` everything written is still there. */
export type CrashKind = 'kill' | 'power'

/** An error of the simulated operating system, told by its `code` as those of Node are. */
export class SimDiskError extends Error {
  override readonly name: string = 'SimDiskError'
  readonly code: 'ENOENT' | 'ENOSPC' | 'EIO'

  constructor(code: 'ENOENT' | 'ENOSPC' | 'EIO', message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

type Names = Map<string, Inode>

/**
 * One directory of a simulated disk. Bytes are safe once their file is synced, names once the
 * directory is. {@link crash} gives the disk as the next process finds it.
 */
export class SimDisk implements Disk {
  readonly #ground: Ground
  readonly #options: SimDiskOptions
  readonly #gate: ProcessGate
  #names: Names
  /** States of the directory since its last sync, oldest first; the first one is on the platter. */
  #history: Names[]
  #capacityBytes: number
  #syncs = 0
  #failingSyncs: (sync: number) => boolean = () => false

  /** @param found the files that are there, synced */
  constructor(
    ground: Ground,
    options: SimDiskOptions = {},
    found: ReadonlyMap<string, Inode> = new Map(),
  ) {
    this.#ground = ground
    this.#options = options
    this.#gate = options.gate ?? new ProcessGate()
    this.#names = new Map(found)
    this.#history = [new Map(found)]
    this.#capacityBytes = options.capacityBytes ?? Infinity
  }

  /** Syncs so far, of files and of the directory. */
  get syncs(): number {
    return this.#syncs
  }

  get usedBytes(): number {
    let bytes = 0
    for (const inode of this.#names.values()) bytes += inode.size
    return bytes
  }

  set capacityBytes(bytes: number) {
    this.#capacityBytes = bytes
  }

  /** Lets the nth sync (counted from 1 over the disk's life) fail with `EIO`, losing its bytes. */
  failSyncs(isFailing: (sync: number) => boolean): void {
    this.#failingSyncs = isFailing
  }

  /** Damages one bit of a file. */
  flip(name: string, offset: number, bit: number): void {
    this.#inode(name).flip(offset, bit)
  }

  /** Damages a bit of any file that is not empty, and tells which. */
  flipAny(random: Random): { readonly name: string; readonly offset: number } {
    const [name, inode] = pick(
      random,
      [...this.#names].filter(([, candidate]) => candidate.size > 0),
    )
    const offset = random.int(inode.size)
    inode.flip(offset, random.int(8))
    return { name, offset }
  }

  /**
   * Ends the process that uses this disk: no call of it that is still open ever returns. Gives
   * the disk as it is found at the next start.
   */
  crash(
    kind: CrashKind = 'power',
    options: { readonly tearing?: Tearing; readonly next?: SimDiskOptions } = {},
  ): SimDisk {
    this.#gate.kill()
    const { tearing = 'lost', next = { ...this.#options, gate: new ProcessGate() } } = options
    const { random } = this.#ground
    const names =
      kind === 'kill'
        ? this.#names
        : tearing === 'lost'
          ? this.#history[0]
          : pick(random, this.#history)
    const found = new Map<string, Inode>()
    for (const [name, inode] of names ?? [])
      found.set(
        name,
        kind === 'kill' ? new Inode(inode.read()) : inode.afterPowerCut(tearing, random),
      )
    return new SimDisk(this.#ground, next, found)
  }

  list(): Promise<string[]> {
    return this.#operation('list', () => [...this.#names.keys()])
  }

  open(name: string, options: { readonly create?: boolean } = {}): Promise<DiskFile> {
    return this.#operation(`open ${name}`, () => {
      if (options.create === true && !this.#names.has(name)) this.#rename(name, new Inode())
      return this.#file(name, this.#inode(name))
    })
  }

  readFile(name: string): Promise<Uint8Array | undefined> {
    return this.#operation(`read ${name}`, () => this.#names.get(name)?.read())
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operation(`rename ${from}`, () => {
      const inode = this.#inode(from)
      this.#names.delete(from)
      this.#rename(to, inode)
    })
  }

  remove(name: string): Promise<void> {
    return this.#operation(`remove ${name}`, () => {
      this.#inode(name)
      this.#names.delete(name)
      this.#remember()
    })
  }

  syncDirectory(): Promise<void> {
    return this.#sync('directory', () => {
      this.#history = [new Map(this.#names)]
    })
  }

  #file(name: string, inode: Inode): DiskFile {
    return {
      get size(): number {
        return inode.size
      },
      append: (bytes) => this.#append(name, inode, bytes),
      read: (offset, length) =>
        this.#operation(`read ${name}`, () => inode.read(offset, offset + length)),
      sync: () =>
        this.#sync(
          name,
          () => {
            inode.sync()
          },
          () => {
            inode.loseUnsynced()
          },
        ),
      truncate: (size) =>
        this.#operation(`truncate ${name}`, () => {
          inode.truncate(size)
        }),
      close: () => this.#operation(`close ${name}`, () => {}),
    }
  }

  #append(name: string, inode: Inode, bytes: Uint8Array): Promise<void> {
    // The caller may use its buffer again as soon as the write has returned, not before.
    return this.#operation(`append ${name}`, () => {
      const room = Math.max(0, this.#capacityBytes - this.usedBytes)
      inode.append(bytes.subarray(0, Math.min(bytes.length, room)))
      if (bytes.length > room)
        throw new SimDiskError('ENOSPC', `${bytes.length} bytes for ${name}, room for ${room}`)
    })
  }

  #inode(name: string): Inode {
    const inode = this.#names.get(name)
    if (inode === undefined) throw new SimDiskError('ENOENT', `there is no file ${name}`)
    return inode
  }

  #rename(name: string, inode: Inode): void {
    this.#names.set(name, inode)
    this.#remember()
  }

  #remember(): void {
    this.#history.push(new Map(this.#names))
  }

  #sync(what: string, succeed: () => void, lose: () => void = () => {}): Promise<void> {
    const { syncMaxMs = 1 } = this.#options
    return this.#later(syncMaxMs, `sync ${what}`, () => {
      this.#syncs++
      if (this.#failingSyncs(this.#syncs)) {
        lose()
        throw new SimDiskError('EIO', `sync ${this.#syncs} of ${what} failed`)
      }
      succeed()
    })
  }

  #operation<T>(label: string, effect: () => T): Promise<T> {
    return this.#later(this.#options.operationMaxMs ?? 0.05, label, effect)
  }

  #later<T>(maxMs: number, label: string, effect: () => T): Promise<T> {
    const { random } = this.#ground
    return new Promise((resolve, reject) => {
      const happen = (): void => {
        try {
          resolve(effect())
        } catch (error) {
          reject(error)
        }
      }
      this.#gate.run(() => {
        this.#ground.after(
          random.next() * maxMs,
          () => {
            this.#gate.run(happen)
          },
          `disk ${label}`,
        )
      })
    })
  }
}
