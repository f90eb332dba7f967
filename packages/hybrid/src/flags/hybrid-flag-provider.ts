import type { Unsubscribe } from '@bzzz/base'
import {
  ErrorCode,
  ServerProviderEvents,
  StandardResolutionReasons,
  type CommonProvider,
  type FlagMetadata,
  type JsonValue,
  type ResolutionDetails,
  type ServerProviderStatus,
} from '@openfeature/core'
import { modeKey, parseKey, percentKey } from './flag-keys.js'
import type { FlagLayer } from './flag-layers.js'
import type { FlagsChanged, FlagSources } from './flag-sources.js'
import { ProviderEventsHub } from './provider-events.js'

export interface HybridFlagProviderOptions {
  /**
   * `all`: every layer. `override`: only what operators set at run time, and nothing else is found:
   * before a provider of one's own in a `MultiProvider`, it keeps their word above that one's. Default `all`.
   */
  readonly layers?: 'all' | 'override' | undefined
}

interface Found {
  readonly value: string | number
  readonly layer: FlagLayer
  readonly metadata: FlagMetadata
}

const REASONS = {
  default: StandardResolutionReasons.DEFAULT,
  yaml: StandardResolutionReasons.STATIC,
  env: StandardResolutionReasons.STATIC,
  flag: StandardResolutionReasons.STATIC,
  override: StandardResolutionReasons.TARGETING_MATCH,
} as const

const refuse = <T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> => ({
  value,
  reason: StandardResolutionReasons.ERROR,
  errorCode,
  errorMessage,
})

/**
 * The layers of {@link FlagSources} as a provider of OpenFeature: `bzzz.<component>.mode` (a text) and
 * `bzzz.<component>.percent` (a number), with the layer as `source` in their metadata.
 */
export class HybridFlagProvider implements CommonProvider<ServerProviderStatus> {
  readonly metadata = { name: 'bzzz-flags' } as const
  readonly events = new ProviderEventsHub()
  readonly #sources: FlagSources
  readonly #isOverrideOnly: boolean
  #unsubscribe: Unsubscribe = () => {}

  constructor(sources: FlagSources, { layers = 'all' }: HybridFlagProviderOptions = {}) {
    this.#sources = sources
    this.#isOverrideOnly = layers === 'override'
  }

  initialize(): Promise<void> {
    this.#unsubscribe()
    this.#unsubscribe = this.#sources.on('changed', (change) => {
      const flagsChanged = this.#changedBy(change)
      if (flagsChanged.length > 0)
        this.events.emit(ServerProviderEvents.ConfigurationChanged, {
          flagsChanged,
          message: change.cause,
        })
    })
    return Promise.resolve()
  }

  onClose(): Promise<void> {
    this.#unsubscribe()
    return Promise.resolve()
  }

  resolveBooleanEvaluation(key: string, preset: boolean): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(this.#resolve(key, preset, 'boolean'))
  }

  resolveStringEvaluation(key: string, preset: string): Promise<ResolutionDetails<string>> {
    return Promise.resolve(this.#resolve(key, preset, 'string'))
  }

  resolveNumberEvaluation(key: string, preset: number): Promise<ResolutionDetails<number>> {
    return Promise.resolve(this.#resolve(key, preset, 'number'))
  }

  resolveObjectEvaluation<T extends JsonValue>(
    key: string,
    preset: T,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.#resolve(key, preset, 'object'))
  }

  /** An override that says what lies below it in these layers still changes what another provider says. */
  #changedBy({ component, cause, flags }: FlagsChanged): string[] {
    if (!this.#isOverrideOnly) return [...flags]
    return cause === 'configured' ? [] : [modeKey(component), percentKey(component)]
  }

  #resolve<T>(
    key: string,
    preset: T,
    type: 'boolean' | 'string' | 'number' | 'object',
  ): ResolutionDetails<T> {
    const found = this.#find(key)
    if (found === undefined)
      return refuse(preset, ErrorCode.FLAG_NOT_FOUND, `there is no flag ${JSON.stringify(key)}`)
    const { value, layer, metadata } = found
    if (typeof value !== type)
      return refuse(preset, ErrorCode.TYPE_MISMATCH, `${key} is a ${typeof value}`)
    return {
      // Its type was checked just now, by name.
      value: value as T,
      variant: String(value),
      reason: REASONS[layer],
      flagMetadata: metadata,
    }
  }

  #find(key: string): Found | undefined {
    const parsed = parseKey(key)
    if (parsed === undefined || !this.#sources.has(parsed.component)) return undefined
    const { component, flag } = parsed
    const { value, layer } = this.#sources.resolve(component)[flag]
    if (layer !== 'override')
      return this.#isOverrideOnly ? undefined : { value, layer, metadata: { source: layer } }
    const { actor, reason, untilMs } = this.#sources.overrideOf(component) ?? {}
    const metadata: FlagMetadata = {
      source: layer,
      ...(actor !== undefined && { actor }),
      ...(reason !== undefined && { reason }),
      ...(untilMs !== undefined && { untilMs }),
    }
    return { value, layer, metadata }
  }
}
