import { codeOf, delay, MODES, pick, type ModeSetting, type Random } from '@bzzz/base'
import type { World } from '@bzzz/sim'
import type { Mesh } from './mesh.js'
import { whileAlive, type Process, type Site } from './site.js'
import type { States } from './states.js'

/** Gives up a change of mode after this long, milliseconds. */
const PATIENCE_MS = 300

export const settingOf = (random: Random): ModeSetting => ({
  mode: pick(random, [...MODES, 'hybrid', 'hybrid', 'hybrid']),
  percent: pick(random, [0, 30, 100, 100]),
})

const REFUSALS = new Set(['HYBRID_NOT_READY', 'HYBRID_COPY_INCOMPLETE', 'ABORTED', 'NOT_STARTED'])

export interface OperatorOptions {
  readonly mesh: Mesh
  readonly random: Random
  readonly states: States
}

/** Changes the modes of nodes. */
export class Operator {
  readonly #options: OperatorOptions

  constructor(options: OperatorOptions) {
    this.#options = options
  }

  get #world(): World {
    return this.#options.mesh.world
  }

  async run(everyMs: number, isHeld: () => boolean, isOver: () => boolean): Promise<void> {
    const { mesh, random } = this.#options
    while (!isOver()) {
      await delay(this.#world.clock, random.next() * everyMs)
      const site = pick(random, mesh.sites)
      if (!isHeld()) await this.set(site, settingOf(random), random.next() < 0.4)
    }
  }

  /** False when it was refused, or given up. */
  async set(
    site: Site,
    to: ModeSetting,
    isNow: boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<boolean> {
    const { process } = site
    if (process === undefined) return false
    const from = process.dht.controls.setting
    if (to.mode === 'mock' && !site.isAway) {
      site.isAway = true
      site.stays++
      site.leftMs = this.#world.nowMs
    }
    const isDone = await this.#change(process, to, isNow, patienceMs)
    this.#settle(site, process)
    this.#note(from, to, isNow, isDone)
    return isDone === true
  }

  async #change(
    { dht, gate }: Process,
    to: ModeSetting,
    isNow: boolean,
    patienceMs: number,
  ): Promise<boolean | undefined> {
    const patience = new AbortController()
    const cancel = this.#world.clock.setTimer(() => {
      patience.abort()
    }, patienceMs)
    const { signal } = patience
    const change = dht.controls.setMode(to, { isNow, signal }).then(
      () => true,
      (error: unknown) => {
        if (!REFUSALS.has(codeOf(error) ?? '')) this.#world.fail(error)
        return false
      },
    )
    return whileAlive(gate, change).finally(cancel)
  }

  /** What is configured now, as the next start would find it. */
  #settle(site: Site, { dht }: Process): void {
    site.setting = dht.controls.setting
    if (site.setting.mode !== 'mock') site.isAway = false
  }

  #note(from: ModeSetting, to: ModeSetting, isNow: boolean, isDone: boolean | undefined): void {
    const { states } = this.#options
    states('a node died while it changed its mode', isDone === undefined)
    if (isDone === undefined) return
    const leaves = to.mode === 'mock' && from.mode !== 'mock'
    states('a node left the mesh after a copy', leaves && isDone && !isNow)
    states('a node left the mesh at once', leaves && isDone && isNow)
    states('a node could not leave the mesh', leaves && !isDone)
    states('a node joined the mesh again', isDone && from.mode === 'mock' && to.mode !== 'mock')
    states('a node entered mode real', isDone && to.mode === 'real' && from.mode !== 'real')
    states('a node could not enter mode real', !isDone && to.mode === 'real')
    states('a node entered mode shadow', isDone && to.mode === 'shadow' && from.mode !== 'shadow')
    const isShare = from.mode === 'hybrid' && to.mode === 'hybrid' && from.percent !== to.percent
    states('the share of real was changed', isDone && isShare)
  }
}
