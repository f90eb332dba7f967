import type { Mode, ModeSetting } from '@bzzz/base'
import type { Selection, SelectorLayer, StatementRef } from '../field.js'

/** Fields that say how the DHT uses its two sides, each in its own words. */
export interface ModeSwitches {
  /** `bzzz.dht.mode`: the mode by its name. */
  readonly dhtMode: ModeSetting
  readonly dhtPercent: number
  readonly useRealDht: boolean
  readonly dhtEnabled: boolean
  readonly dhtBackend: 'mock' | 'real' | 'hybrid'
  readonly fallbackOnError: boolean
}

type Key = keyof ModeSwitches
type Layer = SelectorLayer<ModeSwitches>

/** In the order in which an explanation lists them. */
export const MODE_SWITCHES: readonly Key[] = [
  'dhtMode',
  'dhtPercent',
  'useRealDht',
  'dhtEnabled',
  'dhtBackend',
  'fallbackOnError',
]

/**
 * What `enabled`, `backend` and `use_real` of one source mean together. `real` still waits for the
 * word of `fallback.enabled`. Undefined: they say nothing.
 */
export const switchesOf = (
  enabled: boolean | undefined,
  backend: ModeSwitches['dhtBackend'] | undefined,
  useReal: boolean | undefined,
): ModeSwitches['dhtBackend'] | 'conflict' | undefined => {
  const selected = enabled === false ? 'mock' : backend
  if (useReal === undefined || selected === undefined)
    return useReal === undefined ? selected : useReal ? 'real' : 'mock'
  return useReal === (selected !== 'mock') ? selected : 'conflict'
}

/** A mode that a source chose, before fallback and percentage are heard. */
interface Choice {
  readonly mode: Mode
  /** Stated as `bzzz.dht.mode`. */
  readonly isNamed: boolean
  readonly layer: number
  readonly by: readonly StatementRef[]
}

interface Fold {
  readonly choice: Choice | undefined
  readonly enabled: StatementRef | undefined
  readonly backend: (StatementRef & { readonly value: ModeSwitches['dhtBackend'] }) | undefined
  readonly unused: readonly UnusedRef[]
}

type UnusedRef = StatementRef & { readonly reason: string }
type Problem = Extract<Selection, { problem: string }>

const MODE_NAMED = 'bzzz.dht.mode stands in the same source'

/** Statements of the layer among these keys. */
const statedIn = (layer: Layer, at: number, keys: readonly Key[]): StatementRef[] =>
  keys.filter((key) => layer[key] !== undefined).map((key) => ({ layer: at, key }))

const named = (mode: Mode, at: number): Choice => ({
  mode,
  isNamed: true,
  layer: at,
  by: [{ layer: at, key: 'dhtMode' }],
})

const switched = (mode: Mode, at: number, by: readonly StatementRef[]): Choice => ({
  mode,
  isNamed: false,
  layer: at,
  by,
})

const CONFLICT = (at: number): Problem => ({
  problem: 'bzzz.dht.use_real says otherwise than bzzz.dht.enabled and bzzz.dht.backend beside it',
  suggestion: 'remove one of them, or write bzzz.dht.mode: mock, hybrid, shadow or real',
  at: { layer: at, key: 'useRealDht' },
})

/** `enabled` and `backend` of this source and weaker ones, where this one states no `use_real`. */
const selectBackend = (fold: Fold, layer: Layer, at: number): Fold => {
  const enabledHere = { layer: at, key: 'dhtEnabled' }
  const backend =
    layer.dhtBackend === undefined
      ? fold.backend
      : { layer: at, key: 'dhtBackend', value: layer.dhtBackend }
  if (layer.dhtEnabled === false)
    return { ...fold, backend, enabled: enabledHere, choice: switched('mock', at, [enabledHere]) }
  const isOff = fold.enabled !== undefined && layer.dhtEnabled !== true
  if (isOff) {
    const reason = 'a weaker source says bzzz.dht.enabled: false, and none says true'
    const unused = backend?.layer === at ? [...fold.unused, { ...backend, reason }] : fold.unused
    return { ...fold, backend, unused }
  }
  // `enabled: true` only takes back a weaker `false`; beyond that it leaves the choice alone.
  const isOpened = layer.dhtEnabled === true && fold.enabled !== undefined
  if (!isOpened && backend?.layer !== at) return { ...fold, backend }
  const by = [...(isOpened ? [enabledHere] : []), ...(backend === undefined ? [] : [backend])]
  return {
    ...fold,
    backend,
    enabled: undefined,
    choice: switched(backend?.value ?? 'mock', at, by),
  }
}

const addLayer = (fold: Fold, layer: Layer, at: number): Fold | Problem => {
  const { dhtMode, dhtEnabled, dhtBackend, useRealDht } = layer
  if (dhtMode !== undefined) {
    const beside = statedIn(layer, at, ['useRealDht', 'dhtEnabled', 'dhtBackend'])
    const unused = [...fold.unused, ...beside.map((ref) => ({ ...ref, reason: MODE_NAMED }))]
    return { choice: named(dhtMode.mode, at), enabled: undefined, backend: undefined, unused }
  }
  if (useRealDht === undefined) return selectBackend(fold, layer, at)
  const mode = switchesOf(dhtEnabled, dhtBackend, useRealDht)
  if (mode === 'conflict' || mode === undefined) return CONFLICT(at)
  const keys: readonly Key[] = mode === 'hybrid' ? ['dhtBackend'] : ['useRealDht']
  const choice = switched(mode, at, statedIn(layer, at, keys))
  return { ...fold, choice, enabled: undefined, backend: undefined }
}

/** The strongest statement of a field. */
const strongest = <K extends Key>(layers: readonly Layer[], key: K) => {
  const layer = layers.findLastIndex((each) => each[key] !== undefined)
  const value = layers[layer]?.[key]
  return value === undefined ? undefined : { layer, key, value }
}

type Said<T> = (StatementRef & { readonly value: T }) | undefined

/** Whether real may be helped out by the store: what turns `real` into `hybrid`, and back. */
const withFallback = (
  choice: Choice,
  fallback: Said<boolean>,
):
  | { readonly mode: Mode; readonly heard?: StatementRef; readonly unused?: UnusedRef }
  | Problem => {
  const { mode, isNamed } = choice
  if (mode === 'mock' || mode === 'shadow') return { mode }
  const isStronger = fallback !== undefined && fallback.layer > choice.layer
  const isBeside = fallback?.layer === choice.layer
  if (mode === 'real' && !isNamed)
    return {
      mode: fallback?.value === false ? 'real' : 'hybrid',
      ...(fallback !== undefined && { heard: fallback }),
    }
  if (fallback === undefined || fallback.value === (mode === 'hybrid')) return { mode }
  if (isStronger) return { mode: fallback.value ? 'hybrid' : 'real', heard: fallback }
  if (!isBeside) return { mode }
  if (isNamed) return { mode, unused: { ...fallback, reason: MODE_NAMED } }
  return {
    problem:
      'bzzz.dht.fallback.enabled: false contradicts bzzz.dht.backend: hybrid, which always falls back',
    suggestion: 'write bzzz.dht.backend: real, or remove bzzz.dht.fallback.enabled',
    at: fallback,
  }
}

const PERCENT_WITHOUT_FALLBACK =
  'a share of the keys needs a fallback, and bzzz.dht.fallback.enabled is false'

/**
 * The mode that the switches of all sources mean, weakest source first. The strongest source that
 * chooses wins; in one source `bzzz.dht.mode` wins. `fallback.enabled` then decides between `real` and
 * `hybrid` (default: it is on), also when a stronger source than that of the choice states it.
 * Undefined: nothing was stated.
 */
export const decideMode = (layers: readonly Layer[]): Selection | undefined => {
  let fold: Fold = { choice: undefined, enabled: undefined, backend: undefined, unused: [] }
  for (const [at, layer] of layers.entries()) {
    const next = addLayer(fold, layer, at)
    if ('problem' in next) return next
    fold = next
  }
  const percent = strongest(layers, 'dhtPercent')
  const choice = fold.choice ?? switched('mock', -1, [])
  const outcome = withFallback(choice, strongest(layers, 'fallbackOnError'))
  if ('problem' in outcome) return outcome
  const { mode, heard, unused } = outcome
  const isShareLost =
    mode === 'real' && heard !== undefined && percent !== undefined && percent.value < 100
  if (isShareLost)
    return {
      problem: PERCENT_WITHOUT_FALLBACK,
      suggestion: 'remove bzzz.dht.percent or write 100, or turn the fallback on',
      at: percent.layer < heard.layer ? heard : percent,
    }
  const value: ModeSetting = Object.freeze({ mode, percent: percent?.value ?? 100 })
  const share = mode === 'hybrid' && percent !== undefined ? [percent] : []
  const by = [...choice.by, ...(heard === undefined ? [] : [heard]), ...share]
  if (by.length === 0 && percent === undefined) return undefined
  return {
    value,
    by: by.length === 0 && percent !== undefined ? [percent] : by,
    unused: unused === undefined ? fold.unused : [...fold.unused, unused],
  }
}
