import { describe, expect, test } from '@jest/globals'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { defineFields, field } from '../src/field.js'
import { loadConfig } from '../src/load.js'
import { changesOf, reloadInto } from '../src/reload.js'
import { choiceType } from '../src/types/text.js'
import { loadCoordinator, loadSmall, smallTable, yaml } from './helpers.js'

const dht = (text: string) => loadCoordinator(yaml(`bzzz: { dht: { ${text} } }`))

const pathsOf = (changes: readonly { readonly path: string }[]): string[] =>
  changes.map(({ path }) => path)

describe('what changed', () => {
  test.each<[string, string, readonly string[]]>([
    ['mode: mock', 'mode: mock', []],
    // The same mode in other words is no change.
    ['backend: real', 'mode: hybrid', []],
    ['enabled: false, backend: real', 'backend: mock', []],
    ['mode: hybrid', 'mode: hybrid, percent: 10', ['bzzz.dht.mode']],
    ['backend: real', 'backend: real, fallback: { enabled: false }', ['bzzz.dht.mode']],
    ['bootstrap_nodes: ["a.example:1"]', 'bootstrap_nodes: ["a.example:1"]', []],
    ['bootstrap_nodes: ["a.example:1"]', 'bootstrap_nodes: []', ['bzzz.dht.bootstrap_nodes']],
    [
      'fallback: { dwell: 1s, backoff_ms: 5 }',
      'fallback: { dwell: 1000ms, backoff_ms: 6 }, replicas: 5',
      ['bzzz.dht.replicas', 'bzzz.dht.fallback.backoff_ms'],
    ],
  ])('{ %s } to { %s }', (before, after, paths) =>
    expect(pathsOf(changesOf(coordinatorFields, dht(before), dht(after)))).toEqual(paths),
  )

  test('a setting that nothing reads yet does not count', () => {
    const fresh = loadCoordinator({ env: { BZZZ_CACHE_ENABLED: 'false' } })
    expect(changesOf(coordinatorFields, loadCoordinator({}), fresh)).toEqual([])
  })

  test('it is told for a reader, with its place', () => {
    expect(changesOf(coordinatorFields, dht(''), dht('mode: hybrid, percent: 10'))).toEqual([
      {
        key: 'dhtMode',
        path: 'bzzz.dht.mode',
        from: 'mock',
        to: 'hybrid, 10 % of the keys',
        place: 'bzzz.yaml:1:39',
      },
    ])
  })

  test('a secret is told by no value', () => {
    const fresh = loadSmall({ env: { BZZZ_KEYWORD: 'open-sesame' } })
    const [change] = changesOf(smallTable, loadSmall({}), fresh)
    expect(change).toMatchObject({ path: 'bzzz.keyword', from: '(secret)', to: '(secret)' })
  })
})

describe('what is applied', () => {
  const running = dht('mode: mock, replicas: 3')

  test('live settings only; the others stay, and are told', () => {
    const fresh = dht('mode: real, replicas: 5, timeout: 1s')
    const { loaded, applied, needsRestart } = reloadInto(coordinatorFields, running, fresh)
    expect(pathsOf(applied)).toEqual(['bzzz.dht.mode'])
    expect(pathsOf(needsRestart)).toEqual(['bzzz.dht.replicas', 'bzzz.dht.timeout'])
    expect(loaded.config).toMatchObject({
      dhtMode: { mode: 'real' },
      dhtReplicas: 3,
      dhtTimeoutMs: 2000,
    })
    expect(loaded.origins.dhtMode).toEqual(fresh.origins.dhtMode)
    expect(loaded.origins.dhtReplicas).toEqual(running.origins.dhtReplicas)
    expect(Object.isFrozen(loaded.config)).toBe(true)
  })

  test('what was taken back needs no restart any more', () => {
    const once = reloadInto(coordinatorFields, running, dht('mode: mock, replicas: 5'))
    const twice = reloadInto(coordinatorFields, once.loaded, dht('mode: mock, replicas: 3'))
    expect([once.needsRestart.length, twice.needsRestart.length]).toEqual([1, 0])
  })

  test('every setting of the hybrid is live, and nothing that is bound at the start', () => {
    const live = coordinatorFields.named.filter((each) => each.live === true)
    expect(live.map(({ key }) => key)).toEqual([
      'dhtMode',
      'dhtPercent',
      'useRealDht',
      'dhtEnabled',
      'dhtBackend',
      'fallbackOnError',
      'fallbackThresholdErrors',
      'fallbackBackoffMs',
      'fallbackDeadlineMinMs',
      'fallbackDeadlineMaxMs',
      'fallbackDwellMs',
      'drainPerS',
      'dirtyBytesMax',
    ])
  })

  test('a setting that states a live one is live itself', () => {
    const byKey = new Map(coordinatorFields.named.map((each) => [each.key, each]))
    for (const { from, onto } of coordinatorFields.selectors)
      for (const key of from)
        expect([key, byKey.get(key)?.live]).toEqual([key, byKey.get(onto)?.live])
  })
})

test('a value without a live field changes nothing but the report', () => {
  const table = defineFields({
    colour: field({
      path: 'bzzz.colour',
      type: choiceType(['red', 'green']),
      default: 'red',
      doc: 'a colour',
      example: 'green',
    }),
  })
  const before = loadConfig(table, {})
  const after = loadConfig(table, { env: { BZZZ_COLOUR: 'green' } })
  const { loaded, needsRestart } = reloadInto(table, before, after)
  expect([loaded.config.colour, needsRestart[0]?.to]).toEqual(['red', 'green'])
})
