import type { ModeSetting } from '@bzzz/base'
import type { Override } from '@bzzz/hybrid/flags'

/** Where the settings of the components come from. */
export interface SettingSources {
  /** Names of the strongest sources: default, yaml, env, flag, override, or another provider. */
  sourceOf(component: string): { readonly mode: string; readonly percent: string }
  overrideOf(component: string): Override | undefined
  /** The setting that would hold with this override instead of the present one. */
  settingWith(component: string, override: Override | undefined): ModeSetting
  /**
   * Replaces the override, or takes it back. Resolves once that outlasts the process, and rejects with
   * `OVERRIDE_NOT_KEPT` when it would not; it is in force either way.
   */
  override(component: string, override: Override | undefined, actor: string): Promise<void>
}
