import { pick, type Random } from '@bzzz/base'
import type { World } from '@bzzz/sim'
import { Clients } from './clients.js'
import { History } from './history.js'
import { Mesh, type MeshOptions, type Site } from './mesh.js'
import { wireOf } from './wire.js'

export interface FaultPlan extends Omit<MeshOptions, 'world' | 'through'> {
  /** Machines at the beginning, and those that join while clients run. */
  readonly nodes: number
  readonly joining: number
  readonly durationMs: number
  readonly clients: number
  /** Longest pause of a client, milliseconds. */
  readonly pauseMs: number
  readonly faults: readonly Fault[]
  /** Longest fault, milliseconds. */
  readonly faultMaxMs: number
  readonly timeoutsMs: readonly number[]
  readonly valueBytes: readonly number[]
  readonly exchangeLoss: number
}

export type Fault = 'cut' | 'one-way' | 'split' | 'hang' | 'crash' | 'lost-disk'

const FAULTS: readonly Fault[] = ['cut', 'one-way', 'split', 'hang', 'crash', 'lost-disk']

/** Small values, or such that few of them fill a message: 250 KiB each, or 1 MiB. */
const SMALL = [0]
const LARGE = [...Array.from({ length: 12 }, () => 0), 250 * 1024, 1024 * 1024]

/** `c` and `f` are in one of the groups of buckets that are compared and fetched together. */
const KEYS = ['b', 'c', 'f']

/** Every plan that a seed may draw. */
export const planOf = (random: Random): FaultPlan => {
  // Faults and deadlines that are longer than a conditional write may keep its key (10 s).
  const isSlow = random.next() < 0.08
  return {
    nodes: pick(random, [1, 2, 3, 3, 3, 5]),
    joining: pick(random, [0, 0, 1, 2]),
    durationMs: isSlow ? 14_000 : 1000,
    clients: 5,
    pauseMs: isSlow ? 1000 : 40,
    faults: random.next() < 0.85 ? FAULTS : [],
    faultMaxMs: isSlow ? 12_000 : 700,
    timeoutsMs: isSlow ? [1000, 20_000] : [100, 1000, 1000],
    valueBytes: random.next() < 0.08 ? LARGE : SMALL,
    exchangeLoss: pick(random, [0, 0, 0.3]),
    lossProbability: pick(random, [0, 0, 0.01, 0.05]),
    // Two clocks differ by up to twice this. Decision 0009, "Consequences": the permitted skew is 500 ms.
    skewMs: pick(random, [0, 50, 200, 240]),
  }
}

const wait = (world: World, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    world.clock.setTimer(resolve, delayMs)
  })

/** Faults of a mesh, one at a time, each followed by its repair. */
class Trouble {
  readonly #mesh: Mesh
  readonly #random: Random
  readonly #plan: FaultPlan

  constructor(mesh: Mesh, random: Random, plan: FaultPlan) {
    this.#mesh = mesh
    this.#random = random
    this.#plan = plan
  }

  async run(isOver: () => boolean): Promise<void> {
    const { world, sites } = this.#mesh
    while (!isOver() && this.#plan.faults.length > 0) {
      await wait(world, 50 + this.#random.next() * 300)
      const site = pick(this.#random, sites)
      const fault = pick(this.#random, this.#plan.faults)
      if (fault === 'lost-disk') await this.#loseDisk(site)
      else await this.#befall(site, fault)
    }
  }

  async #befall(site: Site, fault: Exclude<Fault, 'lost-disk'>): Promise<void> {
    const { network, sites } = this.#mesh
    const { peerId } = site.machine
    if (fault === 'cut') network.isolate(peerId)
    if (fault === 'one-way')
      for (const other of sites)
        if (other !== site && this.#random.next() < 0.7) network.cut(peerId, other.machine.peerId)
    if (fault === 'split')
      network.partition(
        sites.filter(() => this.#random.next() < 0.5).map(({ machine }) => machine.peerId),
      )
    if (fault === 'hang') site.machine.hang()
    if (fault === 'crash' && site.process !== undefined) this.#mesh.crash(site)
    await this.#while(50 + this.#random.next() * this.#plan.faultMaxMs)
    network.heal()
    if (fault === 'hang') site.machine.resume()
    if (!site.machine.isUp) void this.#mesh.boot(site, sites.length > 1)
  }

  /**
   * A machine comes back with an empty disk, while one that may hold what it lost is cut off, and
   * after one that is asked in its place was cut off and missed writes.
   *
   * Only where a quorum of the others holds everything. Decision 0010, "Loss of data": what was lost
   * is had from "all quorums of the others", so a second disk is not lost before the first one is
   * made up for; nor does a mesh of one or two survive it, whose quorums are all of its members.
   */
  async #loseDisk(site: Site): Promise<void> {
    const { network, sites } = this.#mesh
    if (sites.length < 3 || !this.#mesh.isSettled) return
    const [behind, away] = sites.filter((other) => other !== site)
    if (behind !== undefined) network.isolate(behind.machine.peerId)
    await this.#while(this.#random.next() * 200)
    network.heal()
    // The mesh may have grown meanwhile.
    if (!this.#mesh.isSettled || site.process === undefined) return
    if (away !== undefined && this.#random.next() < 0.7) network.isolate(away.machine.peerId)
    this.#mesh.crash(site)
    await this.#mesh.wipe(site)
    void this.#mesh.boot(site, true)
    await this.#while(50 + this.#random.next() * this.#plan.faultMaxMs)
    network.heal()
  }

  #while(delayMs: number): Promise<void> {
    return wait(this.#mesh.world, delayMs)
  }
}

/**
 * Clients read, write, compare and set, and try again at quorums on a mesh to which faults happen
 * and which nodes join. Then everything is mended. Throws when the history is not linearizable, when
 * an acknowledged write is lost, or when the replicas do not become alike.
 */
export const runFaults = async (world: World, plan: FaultPlan): Promise<History> => {
  const { exchangeLoss } = plan
  const wire = { world, random: world.stream('wire'), exchangeLoss }
  const mesh = new Mesh({ ...plan, world, through: (transport) => wireOf(wire, transport) })
  const history = new History()
  for (let i = 0; i < plan.nodes; i++) await world.complete(mesh.boot(mesh.add()))
  await world.runUntil(() => mesh.isSettled, 30_000)
  const endMs = world.nowMs + plan.durationMs
  const isOver = (): boolean => world.nowMs >= endMs
  const random = world.stream('clients')
  const { pauseMs, timeoutsMs, valueBytes } = plan
  const keys = KEYS
  const clients = new Clients({ mesh, history, random, keys, pauseMs, timeoutsMs, valueBytes })
  const work = Array.from({ length: plan.clients }, () => clients.run(isOver))
  const trouble = new Trouble(mesh, world.stream('faults'), plan).run(isOver)
  for (let i = 0; i < plan.joining; i++) {
    await world.runFor(random.next() * 800)
    // Decision 0010, "Cases", the last: newcomers that met only each other would be a second mesh.
    const founder = mesh.sites[0]?.machine.peerId ?? ''
    await world.runUntil(
      () => mesh.sites.every(({ process }) => process?.dht.members.includes(founder) === true),
      120_000,
    )
    void mesh.boot(mesh.add(), true)
  }
  await world.complete(Promise.all([...work, trouble]), 120_000)
  mesh.network.heal()
  mesh.network.setLinks({ lossProbability: 0 })
  for (const site of mesh.sites)
    if (site.process === undefined) await world.complete(mesh.boot(site, mesh.sites.length > 1))
  await world.runUntil(() => mesh.isConverged(KEYS), 60_000)
  await world.complete(clients.readAll())
  history.check()
  return history
}
