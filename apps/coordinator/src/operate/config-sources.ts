import type { ModeSetting } from '@bzzz/base'
import type { Override, SettingSources } from './setting-sources.js'

/** The configuration, with overrides above it that last as long as the process. */
export class ConfigSources implements SettingSources {
  readonly #setting: ModeSetting
  readonly #source: string
  #override: Override | undefined

  constructor(setting: ModeSetting, source: string) {
    this.#setting = setting
    this.#source = source
  }

  settingOf(component = ''): ModeSetting {
    return this.settingWith(component, this.#override)
  }

  settingWith(_component: string, override: Override | undefined): ModeSetting {
    const { mode, percent } = this.#setting
    return { mode: override?.mode ?? mode, percent: override?.percent ?? percent }
  }

  sourceOf(): { readonly mode: string; readonly percent: string } {
    const { mode, percent } = this.#override ?? {}
    return {
      mode: mode === undefined ? this.#source : 'override',
      percent: percent === undefined ? this.#source : 'override',
    }
  }

  overrideOf(): Override | undefined {
    return this.#override
  }

  override(_component: string, override: Override | undefined): Promise<void> {
    this.#override = override
    return Promise.resolve()
  }
}
