import { MODES, type Mode, type ModeSetting } from '@bzzz/base'
import { flagsError } from './errors.js'

/** Where a setting may stand, weakest first; the names are those of `bzzz config explain`. */
export const FLAG_LAYERS = ['default', 'yaml', 'env', 'flag', 'override'] as const

export type FlagLayer = (typeof FLAG_LAYERS)[number]

/** What one layer says: a mode, a percentage, both or nothing. */
export interface PartialSetting {
  readonly mode?: Mode | undefined
  readonly percent?: number | undefined
}

/** Layers between the default and the overrides. */
export type ConfiguredLayers = Readonly<Partial<Record<'yaml' | 'env' | 'flag', PartialSetting>>>

export type Layers = Readonly<Partial<Record<FlagLayer, PartialSetting>>> & {
  readonly default: ModeSetting
}

export interface ResolvedFlag<T> {
  readonly value: T
  /** The strongest layer that states it. */
  readonly layer: FlagLayer
}

/** Mode and percentage, each from the strongest layer that states it. */
export interface ResolvedSetting {
  readonly mode: ResolvedFlag<Mode>
  readonly percent: ResolvedFlag<number>
}

const strongest = <T>(of: (layer: FlagLayer) => T | undefined, preset: T): ResolvedFlag<T> => {
  let found: ResolvedFlag<T> = { value: preset, layer: 'default' }
  for (const layer of FLAG_LAYERS) {
    const value = of(layer)
    if (value !== undefined) found = { value, layer }
  }
  return found
}

export const resolveLayers = (layers: Layers): ResolvedSetting => ({
  mode: strongest((layer) => layers[layer]?.mode, layers.default.mode),
  percent: strongest((layer) => layers[layer]?.percent, layers.default.percent),
})

export const settingOf = ({ mode, percent }: ResolvedSetting): ModeSetting => ({
  mode: mode.value,
  percent: percent.value,
})

export const isMode = (value: unknown): value is Mode => MODES.some((mode) => mode === value)

export const isPercent = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100

/** Throws `FLAGS_SETTING_INVALID`. */
export const assertPartial = ({ mode, percent }: PartialSetting): void => {
  if (mode !== undefined && !isMode(mode))
    throw flagsError(
      'FLAGS_SETTING_INVALID',
      `no mode is called ${quoted(mode)}; write one of ${MODES.join(', ')}`,
    )
  if (percent !== undefined && !isPercent(percent))
    throw flagsError(
      'FLAGS_SETTING_INVALID',
      `the percentage is ${quoted(percent)}; write a number from 0 to 100`,
    )
}

const QUOTE_CHARS_MAX = 60

/** A value from outside as it may stand in a message: escaped and bounded. */
export const quoted = (value: unknown): string => {
  const text = typeof value === 'string' ? value.slice(0, QUOTE_CHARS_MAX) : value
  return typeof text === 'string' || typeof text === 'number'
    ? typeof text === 'number'
      ? String(text)
      : JSON.stringify(text)
    : `a ${typeof text}`
}
