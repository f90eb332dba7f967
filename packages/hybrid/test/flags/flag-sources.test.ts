import { describe, expect, test } from '@jest/globals'
import { codeOf, ManualClock } from '@bzzz/base'
import type { AuditedAction } from '@bzzz/telemetry'
import * as fc from 'fast-check'
import {
  FLAG_LAYERS,
  resolveLayers,
  type FlagLayer,
  type Layers,
} from '../../src/flags/flag-layers.js'
import { FlagSources, type FlagsChanged } from '../../src/flags/flag-sources.js'
import type { Override } from '../../src/flags/override.js'

const PRESET = { mode: 'mock', percent: 100 } as const
const MINUTE_MS = 60_000

const setUp = () => {
  const clock = new ManualClock()
  const audited: AuditedAction[] = []
  const changes: FlagsChanged[] = []
  const errors: unknown[] = []
  const make = (): FlagSources =>
    new FlagSources({
      components: { dht: PRESET, sync: PRESET },
      clock,
      audit: (action) => {
        audited.push(action)
      },
      onListenerError: (error) => {
        errors.push(error)
      },
    })
  const sources = make()
  sources.on('changed', (change) => {
    changes.push(change)
  })
  return { clock, audited, changes, errors, make, sources }
}

const codeOfThrown = (call: () => void): string | undefined => {
  try {
    call()
  } catch (error) {
    return codeOf(error)
  }
  return undefined
}

const inMinutes = (clock: ManualClock, minutes: number): number =>
  clock.nowMs() + minutes * MINUTE_MS

describe('layers', () => {
  const layer = fc.record({
    mode: fc.option(fc.constantFrom('mock', 'hybrid', 'shadow', 'real'), { nil: undefined }),
    percent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  })

  test('each part comes from the strongest layer that states it, whatever the others say', () => {
    fc.assert(
      fc.property(fc.record({ yaml: layer, env: layer, flag: layer, override: layer }), (upper) => {
        const layers = { default: PRESET, ...upper } as Layers
        const resolved = resolveLayers(layers)
        for (const part of ['mode', 'percent'] as const) {
          const stating = FLAG_LAYERS.filter((name) => layers[name]?.[part] !== undefined)
          const winner = stating.at(-1) as FlagLayer
          expect(resolved[part]).toEqual({ value: layers[winner]?.[part], layer: winner })
        }
      }),
    )
  })

  test('of one component say nothing of another', () => {
    const { sources } = setUp()
    sources.configure('dht', { yaml: { mode: 'real' } })
    sources.override('dht', { percent: 5, actor: 'ann' })
    expect(sources.settingOf('dht')).toEqual({ mode: 'real', percent: 5 })
    expect(sources.sourceOf('dht')).toEqual({ mode: 'yaml', percent: 'override' })
    expect(sources.settingOf('sync')).toEqual(PRESET)
  })

  test('configured ones are replaced together: what no longer stands there is gone', () => {
    const { sources, changes } = setUp()
    sources.configure('dht', { yaml: { mode: 'real', percent: 10 }, env: { mode: 'shadow' } })
    sources.configure('dht', { yaml: { mode: 'hybrid' } })
    expect(sources.settingOf('dht')).toEqual({ mode: 'hybrid', percent: 100 })
    expect(changes.map(({ flags }) => flags)).toEqual([
      ['bzzz.dht.mode', 'bzzz.dht.percent'],
      ['bzzz.dht.mode', 'bzzz.dht.percent'],
    ])
  })

  test('the object that was handed in can be changed afterwards', () => {
    const { sources } = setUp()
    const yaml: { mode: 'real' | 'mock' } = { mode: 'real' }
    sources.configure('dht', { yaml })
    yaml.mode = 'mock'
    expect(sources.settingOf('dht').mode).toBe('real')
  })

  test('a configuration that changes no flag is no entry of the audit', () => {
    const { sources, audited } = setUp()
    sources.configure('dht', { yaml: { mode: 'mock' } })
    expect(audited).toEqual([])
    sources.configure('dht', { yaml: { mode: 'hybrid' } })
    expect(audited).toMatchObject([
      {
        action: 'configuration-changed',
        actor: 'configuration',
        component: 'dht',
        detail: { inForce: { mode: 'hybrid', percent: 100 } },
      },
    ])
  })
})

describe('an override', () => {
  test('stands above the configuration until it is taken back', () => {
    const { sources, changes, audited, clock } = setUp()
    sources.configure('dht', { flag: { mode: 'real' } })
    sources.override('dht', { mode: 'mock', actor: 'ann', reason: 'maintenance' })
    expect(sources.settingOf('dht').mode).toBe('mock')
    sources.configure('dht', { flag: { mode: 'hybrid' } })
    expect(sources.settingOf('dht').mode).toBe('mock')
    clock.advance(1e9)
    sources.clear('dht', { actor: 'bob', reason: 'done' })
    expect(sources.settingOf('dht').mode).toBe('hybrid')
    sources.clear('dht', { actor: 'bob' })
    expect(changes.map(({ cause, to }) => `${cause} ${to.mode.value}`)).toEqual([
      'configured real',
      'overridden mock',
      'configured mock',
      'cleared hybrid',
    ])
    expect(audited.slice(1)).toMatchObject([
      {
        action: 'override-set',
        actor: 'ann',
        detail: { mode: 'mock', reason: 'maintenance', inForce: { mode: 'mock' } },
      },
      {
        action: 'override-cleared',
        actor: 'bob',
        atMs: clock.nowMs(),
        detail: { reason: 'done', inForce: { mode: 'hybrid' } },
      },
    ])
  })

  test('ends by itself, as an event and in the audit, and not before', () => {
    const { sources, changes, audited, clock } = setUp()
    sources.configure('dht', { yaml: { mode: 'hybrid', percent: 10 } })
    const untilMs = inMinutes(clock, 10)
    sources.override('dht', { mode: 'real', untilMs, actor: 'ann' })
    clock.advance(10 * MINUTE_MS - 1)
    expect(sources.settingOf('dht').mode).toBe('real')
    clock.advance(1)
    expect(sources.settingOf('dht')).toEqual({ mode: 'hybrid', percent: 10 })
    expect(changes.at(-1)).toMatchObject({ cause: 'expired', flags: ['bzzz.dht.mode'] })
    expect(audited.at(-1)).toMatchObject({
      action: 'override-expired',
      actor: 'ann',
      atMs: untilMs,
      detail: { untilMs, inForce: { mode: 'hybrid' } },
    })
    expect(clock.pendingTimers).toBe(0)
  })

  test('put in place of another, the end of the former no longer counts', () => {
    const { sources, changes, clock } = setUp()
    sources.override('dht', { mode: 'real', untilMs: inMinutes(clock, 1), actor: 'ann' })
    sources.override('dht', { mode: 'shadow', actor: 'ann' })
    clock.advance(5 * MINUTE_MS)
    expect(sources.settingOf('dht').mode).toBe('shadow')
    expect(changes.map(({ cause }) => cause)).toEqual(['overridden', 'overridden'])
  })

  test('taken back, it does not end a second time', () => {
    const { sources, changes, clock } = setUp()
    sources.override('dht', { mode: 'real', untilMs: inMinutes(clock, 1), actor: 'ann' })
    sources.clear('dht', { actor: 'ann' })
    clock.advance(5 * MINUTE_MS)
    expect(changes.map(({ cause }) => cause)).toEqual(['overridden', 'cleared'])
  })

  test('a wall clock that is set back makes it last; one that is set forward ends it within a minute', () => {
    const { sources, clock } = setUp()
    sources.override('dht', { mode: 'real', untilMs: inMinutes(clock, 10), actor: 'ann' })
    clock.jumpWall(-5 * MINUTE_MS)
    clock.advance(10 * MINUTE_MS)
    expect(sources.settingOf('dht').mode).toBe('real')
    clock.jumpWall(60 * MINUTE_MS)
    clock.advance(MINUTE_MS)
    expect(sources.settingOf('dht').mode).toBe('mock')
  })

  test('what it would give can be asked without setting it', () => {
    const { sources, changes } = setUp()
    sources.configure('dht', { yaml: { percent: 30 } })
    const planned: Override = { mode: 'hybrid', actor: 'ann' }
    expect(sources.settingWith('dht', planned)).toEqual({ mode: 'hybrid', percent: 30 })
    expect(sources.settingWith('dht', undefined)).toEqual({ mode: 'mock', percent: 30 })
    expect([sources.overrideOf('dht'), changes.length]).toEqual([undefined, 1])
  })

  test.each<[string, Partial<Override>, RegExp]>([
    ['no mode', { mode: 'hybrit' as 'hybrid' }, /no mode is called "hybrit"; write one of mock/],
    ['a percentage over 100', { percent: 101 }, /percentage is 101/],
    ['a percentage below 0', { percent: -1 }, /percentage is -1/],
    ['a percentage that is no number', { percent: Number.NaN }, /percentage is NaN/],
    ['nothing', { mode: undefined }, /neither a mode nor a percentage/],
    ['nobody', { actor: '' }, /the actor of an override must have 1 to 500/],
    ['a novel', { reason: 'x'.repeat(501) }, /the reason of an override must have 1 to 500/],
    ['an end that is no time', { untilMs: Number.NaN }, /is no time/],
    ['an end that is past', { untilMs: 5 }, /would have ended already/],
  ])('that states %s is refused and changes nothing', (_name, wrong, sentence) => {
    const { sources, changes, audited } = setUp()
    let error: unknown
    try {
      sources.override('dht', { mode: 'real', actor: 'ann', ...wrong })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'FLAGS_SETTING_INVALID' })
    expect(String(error)).toMatch(sentence)
    expect([changes, audited, sources.overrideOf('dht')]).toEqual([[], [], undefined])
  })
})

describe('kept over a restart', () => {
  test('a ten-minute override goes on for the rest of its time', () => {
    const { sources, make, clock, audited } = setUp()
    sources.override('dht', {
      mode: 'real',
      untilMs: inMinutes(clock, 10),
      actor: 'ann',
      reason: 'a try',
    })
    sources.override('sync', { percent: 3, actor: 'bob' })
    const kept: unknown = JSON.parse(JSON.stringify(sources.snapshot()))
    sources.close()
    clock.advance(4 * MINUTE_MS)

    const again = make()
    again.restore(kept)
    expect(again.overrideOf('dht')).toMatchObject({ mode: 'real', actor: 'ann', reason: 'a try' })
    expect(again.settingOf('sync').percent).toBe(3)
    clock.advance(6 * MINUTE_MS - 1)
    expect(again.settingOf('dht').mode).toBe('real')
    clock.advance(1)
    expect(again.settingOf('dht').mode).toBe('mock')
    expect(audited.map(({ action }) => action)).toEqual([
      'override-set',
      'override-set',
      'override-restored',
      'override-restored',
      'override-expired',
    ])
  })

  test('one that ended meanwhile is not in force for a moment', () => {
    const { sources, make, clock, audited } = setUp()
    sources.override('dht', { mode: 'real', untilMs: inMinutes(clock, 1), actor: 'ann' })
    const kept = sources.snapshot()
    sources.close()
    clock.advance(2 * MINUTE_MS)
    const again = make()
    const seen: unknown[] = []
    again.on('changed', (change) => seen.push(change))
    again.restore(kept)
    expect([seen, again.overrideOf('dht')]).toEqual([[], undefined])
    expect(audited.at(-1)).toMatchObject({ action: 'override-expired', actor: 'ann' })
  })

  test('one of a component that is no longer there is left out', () => {
    const { make } = setUp()
    const sources = make()
    sources.restore({ version: 1, overrides: { gone: { mode: 'real', actor: 'ann' } } })
    expect(sources.snapshot().overrides).toEqual({})
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'x'],
    ['another version', { version: 2, overrides: {} }],
    ['no overrides', { version: 1 }],
    ['a list', { version: 1, overrides: [] }],
    ['an override that is none', { version: 1, overrides: { sync: 7 } }],
    ['one that states nonsense', { version: 1, overrides: { sync: { mode: 7, actor: 'a' } } }],
    ['one by nobody', { version: 1, overrides: { sync: { mode: 'real' } } }],
    [
      'one with an odd end',
      { version: 1, overrides: { sync: { mode: 'real', actor: 'a', untilMs: 'x' } } },
    ],
  ])('%s is refused whole', (_name, bad) => {
    const { sources, changes } = setUp()
    const overrides = { dht: { mode: 'real', actor: 'ann' } }
    const snapshot =
      typeof bad === 'object' && bad !== null && 'overrides' in bad && !Array.isArray(bad.overrides)
        ? { ...bad, overrides: { ...overrides, ...(bad.overrides as object) } }
        : bad
    expect(
      codeOfThrown(() => {
        sources.restore(snapshot)
      }),
    ).toBe('FLAGS_SNAPSHOT_INVALID')
    expect([changes, sources.settingOf('dht')]).toEqual([[], PRESET])
  })

  test('more overrides than any node has components are refused', () => {
    const { sources } = setUp()
    const overrides = Object.fromEntries(
      Array.from({ length: 101 }, (_, at) => [`c${at}`, { mode: 'real', actor: 'a' }]),
    )
    expect(() => {
      sources.restore({ version: 1, overrides })
    }).toThrow(/there are 101 overrides/)
  })

  test('what is not of an override is not kept', () => {
    const { sources } = setUp()
    const given = { mode: 'real', actor: 'ann', token: 'hunter2' } as const
    sources.override('dht', given)
    expect(JSON.stringify(sources.snapshot())).not.toContain('hunter2')
  })
})

test('an unknown component is told with those that there are', () => {
  const { sources } = setUp()
  expect(() => sources.settingOf('dth')).toThrow(
    /no component is called "dth"; there are: dht, sync/,
  )
})

test('listeners and an audit that fail stop nothing', async () => {
  const clock = new ManualClock()
  const errors: unknown[] = []
  let isLate = false
  const sources = new FlagSources({
    components: { dht: PRESET },
    clock,
    audit: () => {
      if (isLate) return Promise.reject(new Error('late audit'))
      throw new Error('audit')
    },
    onListenerError: (error) => errors.push(error),
  })
  sources.on('changed', () => {
    throw new Error('listener')
  })
  sources.override('dht', { mode: 'real', actor: 'ann' })
  isLate = true
  sources.override('dht', { mode: 'shadow', actor: 'ann' })
  await Promise.resolve().then(() => undefined)
  expect(sources.settingOf('dht').mode).toBe('shadow')
  expect(errors.map(String)).toEqual([
    'Error: listener',
    'Error: audit',
    'Error: listener',
    'Error: late audit',
  ])
})
