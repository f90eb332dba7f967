import { delay, pick, shuffle, type Random } from '@bzzz/base'
import type { Mesh } from './mesh.js'
import type { Client } from './clients.js'
import type { Fault, Plan } from './plan.js'
import { whileAlive, type Site } from './site.js'
import type { States } from './states.js'

export interface TroubleOptions {
  readonly mesh: Mesh
  readonly plan: Plan
  readonly random: Random
  readonly states: States
  /** A client that speaks to a node started from an old copy of a disk. */
  readonly zombieClient: (site: Site) => Client
}

/** Faults of a mesh, one at a time, each followed by its repair. */
export class Trouble {
  readonly #options: TroubleOptions
  /** While an old copy runs nothing else may happen to the others, who must remember its node's later runs. */
  isHeld = false

  constructor(options: TroubleOptions) {
    this.#options = options
  }

  async run(isOver: () => boolean): Promise<void> {
    const { mesh, plan, random } = this.#options
    while (!isOver() && plan.faults.length > 0) {
      await delay(mesh.world.clock, 10 + random.next() * 200)
      const site = pick(random, mesh.sites)
      const fault = pick(random, plan.faults)
      if (fault === 'zombie') await this.#zombie(site)
      else await this.#strike(site, fault)
    }
  }

  async #strike(site: Site, fault: Exclude<Fault, 'zombie'>): Promise<void> {
    const { plan, random } = this.#options
    const repair = this.#begin(site, fault)
    await this.#while(10 + random.next() * plan.faultMaxMs)
    await repair()
  }

  /** Begins a fault, and gives what ends it. */
  #begin(site: Site, fault: Exclude<Fault, 'zombie'>): () => Promise<void> | void {
    const { states } = this.#options
    switch (fault) {
      case 'power':
      case 'kill':
        states('a machine lost its power', fault === 'power')
        states('a process was killed', fault === 'kill')
        return this.#crash(site, fault)
      case 'hang':
        states('a process hung')
        site.hang()
        return () => {
          site.resume()
        }
      case 'full':
      case 'sync':
        return this.#harmDisk(site, fault)
      case 'clock':
        states('a clock jumped')
        return this.#jump(site)
      default:
        return this.#harmLinks(site, fault)
    }
  }

  #crash(site: Site, kind: 'power' | 'kill'): () => void {
    site.crash(kind)
    return () => {
      void site.boot()
    }
  }

  #harmDisk(site: Site, fault: 'full' | 'sync'): () => void {
    const { states, random } = this.#options
    const { disk } = site
    if (fault === 'full') {
      states('a disk was full')
      disk.capacityBytes = disk.usedBytes + random.int(300)
      return () => {
        disk.capacityBytes = Infinity
      }
    }
    states('a sync failed')
    const failing = disk.syncs + 1 + random.int(4)
    disk.failSyncs((sync) => sync === failing)
    return () => {
      disk.failSyncs(() => false)
      // Only a start recovers a store after a sync that failed.
      if (site.process === undefined || site.process.store.state !== 'failed') return
      site.crash('kill')
      void site.boot()
    }
  }

  #jump(site: Site): () => void {
    const byMs = Math.round((this.#options.random.next() - 0.5) * 100)
    site.jumpClock(byMs)
    return () => {
      site.jumpClock(-byMs)
    }
  }

  #harmLinks(site: Site, fault: 'isolate' | 'one-way' | 'split' | 'slow' | 'loss'): () => void {
    const { mesh, random, states } = this.#options
    const { network } = mesh.ground
    const others = mesh.sites.filter((other) => other !== site)
    if (fault === 'isolate') network.isolate(site.peerId)
    if (fault === 'one-way')
      for (const other of others) if (random.next() < 0.6) network.cut(site.peerId, other.peerId)
    if (fault === 'split')
      network.partition(others.filter(() => random.next() < 0.5).map(({ peerId }) => peerId))
    if (fault === 'slow') network.setLinks({ latencyMinMs: 5, latencyMaxMs: 90 })
    if (fault === 'loss') network.setLinks({ lossProbability: 0.2, duplicateProbability: 0.2 })
    states('a node was cut off', fault === 'isolate')
    states('a link was cut one way', fault === 'one-way')
    states('the mesh was split', fault === 'split')
    states('links were slow', fault === 'slow')
    states('messages were lost and doubled', fault === 'loss')
    return () => {
      mesh.mendLinks()
    }
  }

  /**
   * A machine goes down, and a node is started there from an old copy of its disk, which lacks what
   * the node acknowledged since. All others have met the later runs. One of them missed what was
   * acknowledged of late, and the one that did not is cut off now: together with the old copy the
   * former would be a quorum that has forgotten. Then the machine comes back.
   */
  async #zombie(site: Site): Promise<void> {
    const { mesh, random } = this.#options
    const { network } = mesh.ground
    if (!site.hasBackup) return
    const [behind, away] = shuffle(
      random,
      mesh.sites.filter((other) => other !== site),
    )
    this.isHeld = true
    try {
      if (!(await this.#isCalm())) return
      if (behind !== undefined) network.isolate(behind.peerId)
      await this.#while(50 + random.next() * 150)
      site.crash('kill')
      mesh.mendLinks()
      if (away !== undefined) network.isolate(away.peerId)
      await this.#runZombie(site)
    } finally {
      this.isHeld = false
      mesh.mendLinks()
      if (!site.isUp) void site.boot()
    }
  }

  async #runZombie(site: Site): Promise<void> {
    const { mesh, states, zombieClient, random } = this.#options
    const zombie = await site.bootZombie()
    if (zombie === undefined) return
    states('an old copy of a disk was started')
    const client = zombieClient(site)
    const untilMs = mesh.world.nowMs + 150 + random.next() * 250
    await Promise.race([
      whileAlive(
        zombie.gate,
        client.runAs(zombie, () => mesh.world.nowMs >= untilMs),
      ),
      this.#while(500),
    ])
    zombie.gate.kill()
  }

  /** Every node is in the mesh and has been so long enough to have met all others. */
  async #isCalm(): Promise<boolean> {
    const { mesh } = this.#options
    const controls = mesh.sites.map((site) => site.process?.dht.controls)
    if (controls.some((one) => one === undefined || one.setting.mode === 'mock')) return false
    await this.#while(400)
    return (
      mesh.isServing &&
      mesh.sites.every((site, i) => site.process?.dht.controls === controls[i] && !site.isAway)
    )
  }

  #while(ms: number): Promise<void> {
    return delay(this.#options.mesh.world.clock, ms)
  }
}
