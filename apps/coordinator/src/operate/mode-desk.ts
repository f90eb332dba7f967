import type { OutputOf } from '@bzzz/api'
import { codeOf, messageOf, type Clock, type Mode, type ModeSetting } from '@bzzz/base'
import type { Override } from '@bzzz/hybrid/flags'
import type { Log } from '../log.js'
import type { Audit } from './audit.js'
import { componentNamed, type Component } from './component.js'
import { runChange, within, type ModeChange } from './mode-change.js'
import { modeRow } from './mode-row.js'
import type { SettingSources } from './setting-sources.js'

export type ModeRow = OutputOf<'mode'>['components'][number]

export interface ModeDeskOptions {
  readonly components: readonly Component[]
  readonly sources: SettingSources
  readonly clock: Clock
  readonly audit: Audit
  readonly log: Log
}

/** Who asks, why, and for how long the answer may wait; the change goes on afterwards. */
export interface Order {
  readonly actor: string
  readonly reason?: string | undefined
  /** Default 10,000. */
  readonly waitMs?: number | undefined
}

export interface SetOrder extends Order {
  readonly component: string
  readonly mode?: Mode | undefined
  readonly percent?: number | undefined
  readonly forMs?: number | undefined
  readonly isNow?: boolean | undefined
}

const DEFAULT_WAIT_MS = 10_000

/**
 * Changes modes for operators. An override counts from when its mode is in force: one that cannot be
 * entered leaves everything as it was.
 */
export class ModeDesk {
  readonly #options: ModeDeskOptions
  readonly #changes = new Map<string, ModeChange>()

  constructor(options: ModeDeskOptions) {
    this.#options = options
  }

  /** How each component, or the one of that name, stands. Throws `API_COMPONENT_UNKNOWN`. */
  rows(name?: string): ModeRow[] {
    return this.#chosen(name).map((component) =>
      modeRow(component, this.#options.sources, this.#changes.get(component.name)),
    )
  }

  /** Rejects with `API_COMPONENT_UNKNOWN` and what `setMode` of a hybrid rejects with. */
  async set(order: SetOrder): Promise<ModeRow[]> {
    const { sources, clock } = this.#options
    const component = componentNamed(this.#options.components, order.component)
    const { actor, reason, mode, percent, forMs } = order
    const before = sources.overrideOf(component.name)
    const override: Override = {
      mode: mode ?? before?.mode,
      percent: percent ?? before?.percent,
      actor,
      reason,
    }
    await this.#change(component, order, override, () =>
      forMs === undefined ? override : { ...override, untilMs: clock.nowMs() + forMs },
    )
    return this.rows(component.name)
  }

  /** Takes the override back. Rejects as {@link set} does. */
  async clear(order: Order & { readonly component: string }): Promise<ModeRow[]> {
    const component = componentNamed(this.#options.components, order.component)
    if (this.#options.sources.overrideOf(component.name) !== undefined)
      await this.#change(component, order, undefined, () => undefined)
    return this.rows(component.name)
  }

  /** Enters mode `mock`, one component after the other. Rejects as {@link set} does. */
  async rollback(
    order: Order & {
      readonly component?: string | undefined
      readonly isNow?: boolean | undefined
    },
  ): Promise<ModeRow[]> {
    const { reason = 'rollback' } = order
    for (const { name } of this.#chosen(order.component))
      await this.set({ ...order, reason, component: name, mode: 'mock' })
    return this.rows(order.component)
  }

  #chosen(name: string | undefined): readonly Component[] {
    const { components } = this.#options
    return name === undefined ? components : [componentNamed(components, name)]
  }

  async #change(
    component: Component,
    {
      actor,
      reason,
      waitMs = DEFAULT_WAIT_MS,
      ...order
    }: Order & { readonly isNow?: boolean | undefined },
    planned: Override | undefined,
    inForce: () => Override | undefined,
  ): Promise<void> {
    const { sources, clock, audit } = this.#options
    const to = sources.settingWith(component.name, planned)
    const isNow = order.isNow === true && to.mode === 'mock'
    await audit.action(actor, component.name, planned === undefined ? 'mode-clear' : 'mode-set', {
      mode: to.mode,
      percent: to.percent,
      isNow,
      reason,
    })
    const change: ModeChange = { to, isNow, atMs: clock.nowMs(), state: 'running' }
    this.#changes.set(component.name, change)
    const work = runChange(change, async () => {
      await component.controls.setMode(to, {
        reason: `${actor}: ${reason ?? 'no reason given'}`,
        isNow,
        onProgress: (progress) => {
          change.copy = progress
        },
      })
      await sources.override(component.name, inForce(), actor)
    })
    // It goes on when this request has been answered: then nobody else hears how it ended.
    work.catch((error: unknown) => {
      this.#failed(component, actor, to, error)
    })
    await within(clock, waitMs, work)
  }

  #failed({ name }: Component, actor: string, to: ModeSetting, error: unknown): void {
    const { audit, log } = this.#options
    const code = codeOf(error) ?? 'UNKNOWN'
    log.warn('a mode was not entered', {
      component: name,
      mode: to.mode,
      code,
      reason: messageOf(error),
    })
    audit.action(actor, name, 'mode-refused', { mode: to.mode, code }).catch((problem: unknown) => {
      log.error('the audit file cannot be written', { error: problem })
    })
  }
}
