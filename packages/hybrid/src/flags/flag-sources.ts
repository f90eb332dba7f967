import { Emitter, type Cancel, type Clock, type Listener, type ModeSetting } from '@bzzz/base'
import type { Unsubscribe } from '@bzzz/base'
import type { AuditedAction } from '@bzzz/telemetry'
import { flagsError } from './errors.js'
import { modeKey, percentKey } from './flag-keys.js'
import {
  assertPartial,
  resolveLayers,
  settingOf,
  type ConfiguredLayers,
  type FlagLayer,
  type ResolvedSetting,
} from './flag-layers.js'
import { assertOverride, copyOverride, type Override } from './override.js'
import { parseSnapshot, type FlagSnapshot } from './snapshot.js'

export interface FlagSourcesOptions {
  /** Every component with the setting that holds when nothing else states one. */
  readonly components: Readonly<Record<string, ModeSetting>>
  readonly clock: Clock
  /** Hears who changed what, when, and until when. Default: nobody. */
  readonly audit?: ((action: AuditedAction) => void | Promise<void>) | undefined
  /** Hears what listeners and the audit throw. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

export type FlagCause = 'configured' | 'overridden' | 'cleared' | 'expired' | 'restored'

export interface FlagsChanged {
  readonly component: string
  readonly cause: FlagCause
  readonly from: ResolvedSetting
  readonly to: ResolvedSetting
  /** Keys of the flags that have another value than before; there may be none. */
  readonly flags: readonly string[]
}

interface Component {
  readonly preset: ModeSetting
  configured: ConfiguredLayers
  override: Override | undefined
  cancelExpiry: Cancel
}

/** Who takes an override back, and why. */
export interface ClearOptions {
  readonly actor: string
  readonly reason?: string | undefined
}

/** The wall clock may jump under a running timer: that is noticed within this time. */
const EXPIRY_LOOK_MS = 60_000

/**
 * Mode and percentage of each component, in layers: default, YAML file, environment, command line, and above them
 * an override that an operator set, for a time or until it is taken back.
 */
export class FlagSources {
  readonly #components: ReadonlyMap<string, Component>
  readonly #options: FlagSourcesOptions
  readonly #events: Emitter<{ changed: FlagsChanged }>

  /** Throws `FLAGS_SETTING_INVALID`. */
  constructor(options: FlagSourcesOptions) {
    this.#options = options
    this.#events = new Emitter((error) => options.onListenerError?.(error))
    this.#components = new Map(
      Object.entries(options.components).map(([name, preset]) => {
        assertPartial(preset)
        return [name, { preset, configured: {}, override: undefined, cancelExpiry: () => {} }]
      }),
    )
  }

  get components(): readonly string[] {
    return [...this.#components.keys()]
  }

  has(component: string): boolean {
    return this.#components.has(component)
  }

  /** The setting that all layers give. This and all others throw `FLAGS_COMPONENT_UNKNOWN`. */
  settingOf(component: string): ModeSetting {
    return settingOf(this.resolve(component))
  }

  /** The layers that mode and percentage come from. */
  sourceOf(component: string): { readonly mode: FlagLayer; readonly percent: FlagLayer } {
    const { mode, percent } = this.resolve(component)
    return { mode: mode.layer, percent: percent.layer }
  }

  resolve(component: string): ResolvedSetting {
    return resolveIn(this.#get(component))
  }

  overrideOf(component: string): Override | undefined {
    return this.#get(component).override
  }

  /** The setting that would hold with this override in place of the present one. */
  settingWith(component: string, override: Override | undefined): ModeSetting {
    return settingOf(resolveIn({ ...this.#get(component), override }))
  }

  on(name: 'changed', listener: Listener<FlagsChanged>): Unsubscribe {
    return this.#events.on(name, listener)
  }

  /** Replaces all configured layers of a component at once. Throws `FLAGS_SETTING_INVALID`. */
  configure(component: string, layers: ConfiguredLayers, actor = 'configuration'): void {
    for (const layer of Object.values(layers)) assertPartial(layer)
    const found = this.#get(component)
    const from = resolveIn(found)
    found.configured = copyLayers(layers)
    if (this.#tell(component, 'configured', from))
      this.#audit(component, 'configuration-changed', actor, {})
  }

  /** Puts an override in place of the present one. Throws `FLAGS_SETTING_INVALID`; then nothing changed. */
  override(component: string, override: Override): void {
    assertOverride(override)
    const found = this.#get(component)
    const { untilMs } = override
    if (untilMs !== undefined && untilMs <= this.#options.clock.nowMs())
      throw flagsError('FLAGS_SETTING_INVALID', 'the override would have ended already')
    this.#put(component, found, override, 'overridden')
  }

  /** Takes the override back, if there is one. */
  clear(component: string, { actor, reason }: ClearOptions): void {
    const found = this.#get(component)
    if (found.override === undefined) return
    this.#remove(component, found, 'cleared')
    this.#audit(component, 'override-cleared', actor, { reason })
  }

  /** The overrides as plain data; {@link restore} takes them back. */
  snapshot(): FlagSnapshot {
    const overrides = [...this.#components].flatMap(([name, { override }]) =>
      override === undefined ? [] : [[name, override] as const],
    )
    return { version: 1, overrides: Object.fromEntries(overrides) }
  }

  /**
   * Takes over what {@link snapshot} gave, for the components that exist here. Overrides that ended meanwhile are
   * not taken over, and audited as expired. Throws `FLAGS_SNAPSHOT_INVALID`; then nothing changed.
   */
  restore(snapshot: unknown): void {
    const nowMs = this.#options.clock.nowMs()
    for (const [name, override] of Object.entries(parseSnapshot(snapshot).overrides)) {
      const component = this.#components.get(name)
      if (component === undefined) continue
      if (override.untilMs !== undefined && override.untilMs <= nowMs)
        this.#audit(name, 'override-expired', override.actor, detailOf(override))
      else this.#put(name, component, override, 'restored')
    }
  }

  /** Cancels the timers; overrides stay as they are. */
  close(): void {
    for (const component of this.#components.values()) component.cancelExpiry()
    this.#events.clear()
  }

  #get(name: string): Component {
    const found = this.#components.get(name)
    if (found !== undefined) return found
    throw flagsError(
      'FLAGS_COMPONENT_UNKNOWN',
      `no component is called ${JSON.stringify(name.slice(0, 60))}; there are: ${this.components.join(', ')}`,
    )
  }

  #put(
    name: string,
    component: Component,
    given: Override,
    cause: 'overridden' | 'restored',
  ): void {
    const from = resolveIn(component)
    const override = Object.freeze(copyOverride(given))
    component.cancelExpiry()
    component.override = override
    this.#awaitExpiry(name, component, override)
    this.#tell(name, cause, from)
    const action = cause === 'overridden' ? 'override-set' : 'override-restored'
    this.#audit(name, action, override.actor, detailOf(override))
  }

  #remove(name: string, component: Component, cause: 'cleared' | 'expired'): void {
    const from = resolveIn(component)
    component.cancelExpiry()
    component.override = undefined
    this.#tell(name, cause, from)
  }

  #awaitExpiry(name: string, component: Component, override: Override): void {
    const { clock } = this.#options
    if (override.untilMs === undefined) return
    const remainingMs = override.untilMs - clock.nowMs()
    if (remainingMs <= 0) {
      this.#remove(name, component, 'expired')
      this.#audit(name, 'override-expired', override.actor, detailOf(override))
      return
    }
    const look = (): void => {
      this.#awaitExpiry(name, component, override)
    }
    component.cancelExpiry = clock.setTimer(look, Math.min(remainingMs, EXPIRY_LOOK_MS))
  }

  /** True when a flag has another value than before. */
  #tell(component: string, cause: FlagCause, from: ResolvedSetting): boolean {
    const to = this.resolve(component)
    const flags = [
      ...(from.mode.value === to.mode.value ? [] : [modeKey(component)]),
      ...(from.percent.value === to.percent.value ? [] : [percentKey(component)]),
    ]
    this.#events.emit('changed', { component, cause, from, to, flags })
    return flags.length > 0
  }

  /** Every entry tells the setting that holds after it. */
  #audit(component: string, action: string, actor: string, detail: AuditedAction['detail']): void {
    const { audit, clock, onListenerError } = this.#options
    const { mode, percent } = this.settingOf(component)
    const inForce = { mode, percent }
    const entry: AuditedAction = {
      kind: 'action',
      atMs: clock.nowMs(),
      actor,
      component,
      action,
      detail: { ...detail, inForce },
    }
    try {
      void Promise.resolve(audit?.(entry)).catch((error: unknown) => onListenerError?.(error))
    } catch (error) {
      onListenerError?.(error)
    }
  }
}

const copyLayers = (layers: ConfiguredLayers): ConfiguredLayers =>
  Object.fromEntries(
    Object.entries(layers).map(([layer, { mode, percent }]) => [layer, { mode, percent }]),
  )

const resolveIn = ({ preset, configured, override }: Omit<Component, 'cancelExpiry'>) =>
  resolveLayers({
    default: preset,
    ...configured,
    ...(override !== undefined && { override }),
  })

const detailOf = ({ mode, percent, untilMs, reason }: Override): AuditedAction['detail'] => ({
  mode,
  percent,
  untilMs,
  reason,
})
