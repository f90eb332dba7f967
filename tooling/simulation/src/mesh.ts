import { compareVersions, toHex, type ModeSetting } from '@bzzz/base'
import { DEFAULT_LINK, type World } from '@bzzz/sim'
import { BUCKETS, type Store } from '@bzzz/store'
import type { Final } from './checks.js'
import { embeddedGround, peersGround, type Ground } from './ground.js'
import type { History } from './history.js'
import type { Plan } from './plan.js'
import { Site } from './site.js'
import type { States } from './states.js'

export interface MeshOptions {
  readonly world: World
  readonly history: History
  readonly plan: Plan
  readonly states: States
  readonly settings: (index: number) => ModeSetting
}

const digestOf = (store: Store): string => {
  const sums = Array.from({ length: BUCKETS }, (_, bucket) => store.digest(bucket))
  return sums.map(({ count, hash }) => (count === 0 ? '' : toHex(hash))).join()
}

/** Machines with hybrids on one embedded network. */
export class Mesh {
  readonly world: World
  readonly history: History
  readonly ground: Ground
  readonly sites: readonly Site[]
  readonly #link: Plan['link']

  constructor({ world, history, plan, states, settings }: MeshOptions) {
    this.world = world
    this.history = history
    this.#link = plan.link
    this.ground = plan.isOverPeers
      ? peersGround(world, plan.link)
      : embeddedGround(world, plan.nodes, plan.link)
    const skew = world.stream('skew')
    const { tearing, segmentBytes } = plan
    this.sites = this.ground.peerIds.map(
      (peerId, index) =>
        new Site({
          world,
          ground: this.ground,
          history,
          states,
          index,
          peerId,
          offsetMs: Math.round((skew.next() - 0.5) * 2 * plan.skewMs),
          setting: settings(index),
          tearing,
          segmentBytes,
        }),
    )
  }

  async boot(): Promise<void> {
    await Promise.all(this.sites.map((site) => site.boot()))
  }

  /** Every link as it was in the beginning. */
  mendLinks(): void {
    this.ground.network.heal()
    this.ground.network.setLinks({ ...DEFAULT_LINK, ...this.#link })
  }

  /** Every node is up, real serves on it, and nothing waits to be sent. */
  get isServing(): boolean {
    return this.sites.every((site) => {
      const { process } = site
      if (process?.store.state !== 'ready' || site.gate.state !== 'running') return false
      return process.dht.controls.serving === 'real' && process.store.dirtyBytes === 0
    })
  }

  /** All replicas of each key hold the same. */
  get isConverged(): boolean {
    return this.isServing && this.difference === undefined
  }

  /** A key that its replicas hold at different versions. */
  get difference(): string | undefined {
    const stores = this.sites.flatMap(({ process }) => process?.store ?? [])
    // With three nodes each is a replica of every key, and equal digests say it all.
    if (stores.length === 3) {
      const digests = new Set(stores.map(digestOf))
      return digests.size === 1 ? undefined : 'a digest'
    }
    return this.history.keys.find((key) => {
      const versions = stores
        .filter(({ writer }) => this.ground.replicasOf(key).includes(writer))
        .map((store) => JSON.stringify(store.head(key)?.version))
      return new Set(versions).size > 1
    })
  }

  /** What each key is in the end. */
  async finals(): Promise<Map<string, Final>> {
    const finals = new Map<string, Final>()
    for (const { process } of this.sites)
      for (const key of this.history.keys) {
        const record = await process?.store.read(key)
        if (record === undefined) continue
        const known = finals.get(key)
        if (known === undefined || compareVersions(known.version, record.version) < 0)
          finals.set(key, { opId: record.opId, version: record.version })
      }
    return finals
  }

  /** For whoever reads of a mesh that is stuck. */
  describe(): string {
    return this.sites
      .map(({ peerId, process, gate, problems }) => {
        if (process === undefined)
          return `${peerId} is ${gate.state}, ${problems.slice(-2).join('; ')}`
        const { controls } = process.dht
        const { phase, serving, setting } = controls
        const { reason } = controls.health()
        const dirty = Array.from(process.store.dirtyKeys()).join(' ')
        return `${peerId} ${gate.state} ${process.store.state} ${setting.mode} ${setting.percent} ${serving} ${phase}: ${reason ?? ''} dirty [${dirty}] dead [${controls
          .deadLetters()
          .map(({ key, code }) => `${key} ${code}`)
          .join()}]`
      })
      .join('\n')
  }
}
