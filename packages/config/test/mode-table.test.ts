import { describe, expect, test } from '@jest/globals'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { decideMode, switchesOf, type ModeSwitches } from '../src/coordinator/mode-table.js'
import { explain } from '../src/explain.js'
import { loadCoordinator, sentencesOf, yaml } from './helpers.js'

/** What one source says, with short names. */
interface Said {
  readonly mode?: ModeSwitches['dhtMode']['mode']
  readonly percent?: number
  readonly useReal?: boolean
  readonly enabled?: boolean
  readonly backend?: ModeSwitches['dhtBackend']
  readonly fallback?: boolean
}

/** `hybrid 10`, `mock`, `nothing`, or `refused at <layer>.<key>`. */
const outcome = (...layers: readonly Said[]): string => {
  const selection = decideMode(
    layers.map(({ mode, percent, useReal, enabled, backend, fallback }) => ({
      dhtMode: mode === undefined ? undefined : { mode, percent: 100 },
      dhtPercent: percent,
      useRealDht: useReal,
      dhtEnabled: enabled,
      dhtBackend: backend,
      fallbackOnError: fallback,
    })),
  )
  if (selection === undefined) return 'nothing'
  if ('problem' in selection) return `refused at ${selection.at.layer}.${selection.at.key}`
  const { mode, percent } = selection.value as ModeSwitches['dhtMode']
  return mode === 'hybrid' ? `hybrid ${percent}` : mode
}

const table = (rows: readonly (readonly [readonly Said[], string])[]): void => {
  test.each(rows)('%j: %s', (layers, expected) => expect(outcome(...layers)).toBe(expected))
}

describe('enabled, backend and use_real of one source', () => {
  test.each<[readonly (boolean | undefined)[], ModeSwitches['dhtBackend'] | undefined, string]>([
    // enabled, backend: what they mean without use_real, with true, with false
    [[undefined, true], undefined, 'nothing real mock'],
    [[undefined, true], 'mock', 'mock conflict mock'],
    [[undefined, true], 'real', 'real real conflict'],
    [[undefined, true], 'hybrid', 'hybrid hybrid conflict'],
    [[false], undefined, 'mock conflict mock'],
    [[false], 'mock', 'mock conflict mock'],
    [[false], 'real', 'mock conflict mock'],
    [[false], 'hybrid', 'mock conflict mock'],
  ])('enabled %j, backend %s: %s', (states, backend, meaning) => {
    for (const enabled of states) {
      const meanings = [undefined, true, false].map(
        (useReal) => switchesOf(enabled, backend, useReal) ?? 'nothing',
      )
      expect(meanings.join(' ')).toBe(meaning)
    }
  })
})

describe('one source', () => {
  table([
    [[{}], 'nothing'],
    [[{ enabled: true }], 'nothing'],
    [[{ fallback: false }], 'nothing'],
    [[{ percent: 10 }], 'mock'],
    [[{ enabled: false }], 'mock'],
    [[{ enabled: false, backend: 'hybrid', percent: 10 }], 'mock'],
    [[{ useReal: false }], 'mock'],
    [[{ useReal: false, fallback: false, percent: 10 }], 'mock'],
    [[{ backend: 'mock', fallback: true }], 'mock'],
    [[{ backend: 'real' }], 'hybrid 100'],
    [[{ backend: 'real', fallback: true }], 'hybrid 100'],
    [[{ backend: 'real', percent: 10 }], 'hybrid 10'],
    [[{ backend: 'real', fallback: false }], 'real'],
    [[{ backend: 'real', fallback: false, percent: 100 }], 'real'],
    [[{ backend: 'real', fallback: false, percent: 10 }], 'refused at 0.dhtPercent'],
    [[{ useReal: true }], 'hybrid 100'],
    [[{ useReal: true, fallback: false }], 'real'],
    [[{ useReal: true, percent: 0 }], 'hybrid 0'],
    [[{ backend: 'hybrid' }], 'hybrid 100'],
    [[{ backend: 'hybrid', percent: 25 }], 'hybrid 25'],
    [[{ backend: 'hybrid', fallback: true }], 'hybrid 100'],
    [[{ backend: 'hybrid', fallback: false }], 'refused at 0.fallbackOnError'],
    [[{ useReal: true, backend: 'mock' }], 'refused at 0.useRealDht'],
    [[{ useReal: true, enabled: false }], 'refused at 0.useRealDht'],
    [[{ useReal: false, backend: 'real' }], 'refused at 0.useRealDht'],
    [[{ mode: 'mock', useReal: true }], 'mock'],
    [[{ mode: 'hybrid', useReal: false, percent: 10 }], 'hybrid 10'],
    [[{ mode: 'hybrid', fallback: false }], 'hybrid 100'],
    [[{ mode: 'shadow', enabled: false, useReal: true }], 'shadow'],
    [[{ mode: 'shadow', fallback: false, percent: 10 }], 'shadow'],
    [[{ mode: 'real', fallback: true, percent: 10 }], 'real'],
    [[{ mode: 'real', backend: 'mock' }], 'real'],
  ])
})

describe('two sources, the second the stronger', () => {
  table([
    // The emergency: one variable beats whatever the file says.
    [[{ backend: 'real', fallback: false }, { useReal: false }], 'mock'],
    [[{ mode: 'real' }, { useReal: false }], 'mock'],
    [[{ mode: 'shadow', percent: 10 }, { enabled: false }], 'mock'],
    [[{ backend: 'hybrid', percent: 10 }, { mode: 'mock' }], 'mock'],
    // The way up.
    [[{ enabled: false }, { useReal: true }], 'hybrid 100'],
    [[{ mode: 'mock' }, { useReal: true, percent: 10 }], 'hybrid 10'],
    [[{ mode: 'hybrid', percent: 10 }, { percent: 50 }], 'hybrid 50'],
    [[{ backend: 'hybrid', percent: 10 }, { mode: 'real' }], 'real'],
    [[{ useReal: false }, { backend: 'hybrid' }], 'hybrid 100'],
    // enabled and backend override each other's weaker statements one by one.
    [[{ enabled: false, backend: 'hybrid' }, { enabled: true }], 'hybrid 100'],
    [[{ enabled: false }, { enabled: true }], 'mock'],
    [[{ mode: 'shadow' }, { enabled: true }], 'shadow'],
    [[{ useReal: true }, { enabled: true }], 'hybrid 100'],
    [[{ enabled: false, backend: 'mock' }, { backend: 'real' }], 'mock'],
    [[{ enabled: false }, { enabled: true, useReal: true }], 'hybrid 100'],
    [[{ backend: 'mock' }, { enabled: true, useReal: true }], 'hybrid 100'],
    // Whether to fall back is another question: its strongest answer holds for what was chosen.
    [[{ backend: 'real' }, { fallback: false }], 'real'],
    [[{ backend: 'real', fallback: false }, { fallback: true }], 'hybrid 100'],
    [[{ fallback: false }, { useReal: true }], 'real'],
    [[{ backend: 'hybrid' }, { fallback: false }], 'real'],
    [[{ fallback: false }, { backend: 'hybrid' }], 'hybrid 100'],
    [[{ mode: 'hybrid' }, { fallback: false }], 'real'],
    [[{ mode: 'real' }, { fallback: true }], 'hybrid 100'],
    [[{ fallback: true }, { mode: 'real' }], 'real'],
    [[{ mode: 'shadow' }, { fallback: false }], 'shadow'],
    [[{ mode: 'shadow' }, { fallback: true }], 'shadow'],
    [[{ mode: 'mock' }, { fallback: true }], 'mock'],
    // A share needs a fallback, whoever takes it away.
    [[{ backend: 'real', percent: 10 }, { fallback: false }], 'refused at 1.fallbackOnError'],
    [[{ mode: 'hybrid', percent: 10 }, { fallback: false }], 'refused at 1.fallbackOnError'],
    [[{ backend: 'real', fallback: false }, { percent: 10 }], 'refused at 1.dhtPercent'],
  ])
})

test('three sources: what a stronger one chose, a weaker `enabled: false` does not undo', () => {
  expect(outcome({ enabled: false }, { useReal: true }, { backend: 'mock' })).toBe('mock')
  expect(outcome({ enabled: false }, { useReal: false }, { backend: 'real' })).toBe('hybrid 100')
  expect(outcome({ enabled: false }, { mode: 'shadow' }, { backend: 'real' })).toBe('hybrid 100')
})

const dht = (text: string) => yaml(`bzzz:\n  dht:\n${text.replaceAll(/^/gm, '    ')}`)
const rowOf = (loaded: ReturnType<typeof loadCoordinator>) =>
  explain(coordinatorFields, loaded).find(({ path }) => path === 'bzzz.dht.mode')

describe('as loaded', () => {
  test('nothing stated is mode mock', () => {
    const loaded = loadCoordinator({})
    expect(loaded.config.dhtMode).toEqual({ mode: 'mock', percent: 100 })
    expect(rowOf(loaded)).toMatchObject({ value: 'mock', source: 'default', note: undefined })
  })

  test('it is explained by what stated it, with every place', () => {
    const loaded = loadCoordinator({
      ...dht('enabled: true\nbackend: real\npercent: 20'),
      env: { BZZZ_DHT_PERCENT: '10' },
    })
    expect(loaded.config.dhtMode).toEqual({ mode: 'hybrid', percent: 10 })
    expect(rowOf(loaded)).toMatchObject({
      value: 'hybrid',
      source: 'env',
      place: 'BZZZ_DHT_PERCENT',
      note: 'hybrid, 10 % of the keys, by bzzz.dht.backend: real (bzzz.yaml:4:14) and bzzz.dht.percent: 10 (BZZZ_DHT_PERCENT)',
      overrides: ['bzzz.yaml:5:14', 'bzzz.yaml:3:14'],
    })
  })

  test('a rollback by variable names the variable, and what it overrode', () => {
    const loaded = loadCoordinator({
      ...dht('backend: real'),
      env: { BZZZ_USE_REAL_DHT: 'false' },
    })
    expect(rowOf(loaded)).toMatchObject({
      value: 'mock',
      place: 'BZZZ_USE_REAL_DHT',
      overrides: ['bzzz.yaml:3:14'],
    })
  })

  test('stated by its name alone it needs no explanation', () =>
    expect(rowOf(loadCoordinator({ overrides: { 'dht-mode': 'shadow' } }))).toMatchObject({
      value: 'shadow',
      place: '--dht-mode',
      note: undefined,
    }))

  test('a contradiction is told with its place and a way out', () => {
    expect(sentencesOf(() => loadCoordinator(dht('use_real: true\nbackend: mock')))).toEqual([
      'bzzz.yaml:3:15: bzzz.dht.use_real says otherwise than bzzz.dht.enabled and bzzz.dht.backend beside it; remove one of them, or write bzzz.dht.mode: mock, hybrid, shadow or real',
    ])
    expect(
      sentencesOf(() => loadCoordinator(dht('backend: hybrid\nfallback: { enabled: false }'))),
    ).toEqual([
      'bzzz.yaml:4:26: bzzz.dht.fallback.enabled: false contradicts bzzz.dht.backend: hybrid, which always falls back; write bzzz.dht.backend: real, or remove bzzz.dht.fallback.enabled',
    ])
  })

  test('switches that the mode beside them outdoes are noticed', () => {
    const { notices } = loadCoordinator(
      dht('mode: real\nbackend: mock\nfallback: { enabled: true }'),
    )
    expect(notices.map(({ message }) => message)).toEqual([
      'bzzz.dht.backend has no effect: bzzz.dht.mode stands in the same source',
      'bzzz.dht.fallback.enabled has no effect: bzzz.dht.mode stands in the same source',
    ])
  })

  test('a backend that a weaker `enabled: false` keeps off is noticed', () => {
    const { config, notices } = loadCoordinator({
      ...dht('enabled: false'),
      env: { BZZZ_DHT_BACKEND: 'real' },
    })
    expect(config.dhtMode.mode).toBe('mock')
    expect(notices.map(({ message }) => message)).toEqual([
      'bzzz.dht.backend has no effect: a weaker source says bzzz.dht.enabled: false, and none says true',
    ])
  })

  test('deadlines that cross are refused where the stronger stands', () =>
    expect(
      sentencesOf(() =>
        loadCoordinator({
          ...dht('fallback: { deadline_max: 30ms }'),
          env: { BZZZ_DHT_FALLBACK_DEADLINE_MIN: '40ms' },
        }),
      ),
    ).toEqual([
      'BZZZ_DHT_FALLBACK_DEADLINE_MIN: bzzz.dht.fallback.deadline_min (40 ms) is above bzzz.dht.fallback.deadline_max (30 ms); raise deadline_max, or lower deadline_min',
    ]))
})
