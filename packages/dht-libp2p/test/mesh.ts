import type { Disk, PeerTransport } from '@bzzz/base'
import { Machine, SimNetwork, type World } from '@bzzz/sim'
import { LogStore, MemoryStore, type Store } from '@bzzz/store'
import { diskViewStorage, Libp2pDHT, type Libp2pDHTOptions } from '../src/index.js'
import { signerOf } from './cluster.js'
import { breakingTransport, type Rule } from './rules.js'

export interface MeshOptions {
  readonly world: World
  /** Wall clocks differ by up to twice this, milliseconds. */
  readonly skewMs?: number
  readonly isDurable?: boolean
  readonly lossProbability?: number
  readonly dht?: Partial<Libp2pDHTOptions>
  /** A rule that every node of the mesh breaks. */
  readonly without?: Rule | undefined
  /** What every node sends through. Default: the simulated network as it is. */
  readonly through?: ((transport: PeerTransport) => PeerTransport) | undefined
}

export interface Process {
  readonly dht: Libp2pDHT
  readonly store: Store
}

/** One machine of the mesh and what runs on it. */
export interface Site {
  readonly index: number
  readonly machine: Machine
  process: Process | undefined
}

/** Machines with disks on a network that fails; what a simulation of faults is made of. */
export class Mesh {
  readonly world: World
  readonly network: SimNetwork
  readonly sites: Site[] = []
  readonly #options: MeshOptions

  constructor(options: MeshOptions) {
    this.#options = options
    this.world = options.world
    const loss = options.lossProbability ?? 0
    this.network = new SimNetwork(this.world, { link: { lossProbability: loss } })
  }

  add(): Site {
    const index = this.sites.length
    const { world, network } = this
    const skewMs = this.#options.skewMs ?? 0
    const offsetMs = Math.round((world.stream(`skew ${index}`).next() * 2 - 1) * skewMs)
    const machine = new Machine({
      world,
      network,
      peerId: signerOf(index).peerId,
      clock: { offsetMs },
    })
    const site: Site = { index, machine, process: undefined }
    this.sites.push(site)
    return site
  }

  /** Starts a process on the machine. Never settles when the machine crashes meanwhile. */
  async boot(site: Site, mustJoin = false): Promise<void> {
    const { clock, transport: plain, disk } = site.machine.boot()
    const { world } = this
    const { without, through } = this.#options
    const honest = through?.(plain) ?? plain
    const members = (): readonly string[] => site.process?.dht.members ?? []
    const transport = without === undefined ? honest : breakingTransport(without, honest, members)
    const signer = signerOf(site.index)
    const random = world.stream(`store ${site.index} ${world.nowMs}`)
    const writer = signer.peerId
    const store = this.isDurable
      ? new LogStore({ writer, clock, random, disk: within(disk, 'store-'), ballastBytes: 0 })
      : new MemoryStore({ writer, clock, random })
    await store.start()
    const dht = new Libp2pDHT({
      transport,
      store,
      signer,
      clock,
      viewStorage: diskViewStorage(within(disk, 'view-')),
      random: world.stream(`dht ${site.index} ${world.nowMs}`),
      tryMs: 200,
      compareEveryMs: 1000,
      mustJoin: () => mustJoin,
      timeoutMs: 1000,
      ...this.#options.dht,
    })
    await dht.start()
    site.process = { dht, store }
  }

  crash(site: Site): void {
    site.process = undefined
    site.machine.crash('power')
  }

  /** Empties the disk of a machine that is down: its store and its view. */
  async wipe(site: Site): Promise<void> {
    const { disk } = site.machine
    for (const name of await disk.list()) await disk.remove(name)
    await disk.syncDirectory()
  }

  processOf(site: Site): Process {
    if (site.process === undefined) throw new Error(`machine ${site.index} is down`)
    return site.process
  }

  get isDurable(): boolean {
    return this.#options.isDurable !== false
  }

  get running(): Process[] {
    return this.sites.flatMap(({ process }) => (process === undefined ? [] : [process]))
  }

  get isSettled(): boolean {
    return this.sites.every(
      ({ process }) =>
        process !== undefined &&
        process.dht.members.length === this.sites.length &&
        process.dht.isSettled,
    )
  }

  /** True when all replicas hold the same records, and nobody has anything left to send. */
  isConverged(keys: readonly string[]): boolean {
    if (!this.isSettled) return false
    return keys.every((key) => {
      const heads = this.running
        .filter(({ dht }) => dht.isReplica(key))
        .map(({ store }) => JSON.stringify(store.head(key)?.version))
      return new Set(heads).size === 1 && this.running.every(({ store }) => !store.isDirty(key))
    })
  }
}

/** A part of a disk, by a prefix of its names. */
const within = (disk: Disk, prefix: string): Disk => ({
  list: async () =>
    (await disk.list())
      .filter((name) => name.startsWith(prefix))
      .map((n) => n.slice(prefix.length)),
  open: (name, options) => disk.open(prefix + name, options),
  readFile: (name) => disk.readFile(prefix + name),
  rename: (from, to) => disk.rename(prefix + from, prefix + to),
  remove: (name) => disk.remove(prefix + name),
  syncDirectory: () => disk.syncDirectory(),
})
