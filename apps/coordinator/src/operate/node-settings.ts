import { messageOf, Service, type Clock, type ModeSetting } from '@bzzz/base'
import type { HybridControls } from '@bzzz/hybrid'
import {
  FlagSources,
  followFlags,
  HybridFlagProvider,
  type ConfiguredLayers,
  type FlagFollower,
  type Override,
} from '@bzzz/hybrid/flags'
import { MultiProvider, NOOP_PROVIDER, OpenFeature, type Provider } from '@openfeature/server-sdk'
import { readOverrides, writeOverrides } from '../data/overrides-file.js'
import { coordinatorError } from '../errors.js'
import type { Log } from '../log.js'
import type { AuditService } from './audit-service.js'
import type { SettingSources } from './setting-sources.js'

export interface NodeSettingsOptions {
  /** Names of the components, with the setting that holds where nothing states one. */
  readonly components: Readonly<Record<string, ModeSetting>>
  readonly overridesFile: string
  /** Keeps the flags of this node apart from those of others in the process. */
  readonly domain: string
  /** Whose flags are followed, below overrides. Default: the configuration. */
  readonly provider?: Provider | undefined
  readonly audit: AuditService
  readonly clock: Clock
  readonly log: Log
}

/**
 * The modes that configuration, operators and flags ask for, and what makes components follow them.
 * Overrides outlast a restart; one with an end ends then as well.
 */
export class NodeSettings extends Service implements SettingSources {
  readonly #options: NodeSettingsOptions
  readonly #sources: FlagSources
  #followers: readonly FlagFollower[] = []
  #controls: readonly HybridControls[] = []
  #saving: Promise<void> = Promise.resolve()

  constructor(options: NodeSettingsOptions) {
    super('the settings')
    this.#options = options
    const { components, clock, audit, log } = options
    this.#sources = new FlagSources({
      components,
      clock,
      audit: (entry) => {
        audit.note(entry)
      },
      onListenerError: (error) => {
        log.error('a listener of the settings failed', { error })
      },
    })
    this.#sources.on('changed', ({ cause }) => {
      if (cause === 'expired') this.#save().catch(() => {})
    })
  }

  /** Takes over what an earlier process was told. Throws `OVERRIDES_UNREADABLE`. */
  async load(): Promise<void> {
    const kept = await readOverrides(this.#options.overridesFile)
    if (kept !== undefined) this.#sources.restore(kept)
  }

  /** What the configuration states, by where it stands. */
  configure(component: string, layers: ConfiguredLayers): void {
    this.#sources.configure(component, layers)
  }

  /** Has these components follow their flags from the start on. */
  drive(controls: readonly HybridControls[]): void {
    this.#controls = controls
  }

  settingOf(component: string): ModeSetting {
    return this.#sources.settingOf(component)
  }

  sourceOf(component: string): { readonly mode: string; readonly percent: string } {
    const at = this.#controls.findIndex((each) => each.component === component)
    const source = this.#followers[at]?.evaluation?.source ?? this.#sources.sourceOf(component)
    return { mode: this.#named(source.mode), percent: this.#named(source.percent) }
  }

  /** What stands between us and the provider is not what an operator knows it by. */
  #named(source: string): string {
    const { domain, provider } = this.#options
    const between = OpenFeature.getProviderMetadata(domain).name
    return provider !== undefined && source === between ? provider.metadata.name : source
  }

  overrideOf(component: string): Override | undefined {
    return this.#sources.overrideOf(component)
  }

  settingWith(component: string, override: Override | undefined): ModeSetting {
    return this.#sources.settingWith(component, override)
  }

  async override(component: string, override: Override | undefined, actor: string): Promise<void> {
    if (override === undefined) this.#sources.clear(component, { actor })
    else this.#sources.override(component, override)
    await this.#save()
  }

  /** Lets go of what {@link load} has begun, where no start follows it. */
  release(): void {
    this.#sources.close()
  }

  protected override async onStart(): Promise<void> {
    const { domain, clock, log } = this.#options
    await OpenFeature.setProviderAndWait(domain, this.#provider())
    const client = OpenFeature.getClient(domain)
    this.#followers = this.#controls.map((controls) =>
      followFlags(client, controls, controls.component, {
        clock,
        defaults: () => this.#sources.settingOf(controls.component),
        onProblem: (problem) => {
          const { component } = controls
          if (problem === undefined) log.info('the flags are followed again', { component })
          else log.warn('the flags are not followed', { component, error: messageOf(problem) })
        },
        onListenerError: (error) => {
          log.error('a listener of the flags failed', { error })
        },
      }),
    )
    for (const follower of this.#followers) await follower.start()
  }

  protected override async onStop(): Promise<void> {
    for (const follower of this.#followers) await follower.stop()
    this.#sources.close()
    // The SDK keeps what it was given for as long as the process lives.
    await OpenFeature.setProviderAndWait(this.#options.domain, NOOP_PROVIDER)
    await this.#saving.catch(() => {})
  }

  #provider(): Provider {
    const { provider } = this.#options
    if (provider === undefined) return new HybridFlagProvider(this.#sources)
    const overrides = new HybridFlagProvider(this.#sources, { layers: 'override' })
    // For flags that neither knows, what the followers take for the default is the configuration.
    return new MultiProvider([{ provider: overrides }, { provider }])
  }

  /** Writes the overrides as they are when it is its turn. */
  #save(): Promise<void> {
    const { overridesFile, log } = this.#options
    const saved = this.#saving
      .catch(() => {})
      .then(() => writeOverrides(overridesFile, this.#sources.snapshot()))
      .catch((error: unknown) => {
        log.error('the overrides cannot be kept', { error: messageOf(error) })
        throw coordinatorError(
          'OVERRIDE_NOT_KEPT',
          `in force, but a restart would forget it: ${messageOf(error)}`,
          { cause: error },
        )
      })
    this.#saving = saved
    return saved
  }
}
