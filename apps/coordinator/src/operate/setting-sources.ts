import type { Mode, ModeSetting } from '@bzzz/base'

/** What an operator put above the configuration. */
export interface Override {
  readonly mode?: Mode | undefined
  readonly percent?: number | undefined
  /** Wall milliseconds; undefined: until it is taken back. */
  readonly untilMs?: number | undefined
  readonly actor: string
  readonly reason?: string | undefined
}

/** Where the settings of the components come from. */
export interface SettingSources {
  /** The setting that all sources together give. */
  settingOf(component: string): ModeSetting
  /** Names of the strongest sources: default, yaml, env, flag, override, or another provider. */
  sourceOf(component: string): { readonly mode: string; readonly percent: string }
  overrideOf(component: string): Override | undefined
  /** The setting that would hold with this override instead of the present one. */
  settingWith(component: string, override: Override | undefined): ModeSetting
  /** Replaces the override; resolves once that outlasts the process. */
  override(component: string, override: Override | undefined): Promise<void>
}
