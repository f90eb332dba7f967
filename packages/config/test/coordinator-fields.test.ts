import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { selectDht } from '../src/coordinator/dht.js'
import { docsMarkdown } from '../src/docs.js'
import { explain } from '../src/explain.js'
import { flagsOf, helpText } from '../src/help.js'
import { loadCoordinator, sentencesOf, yaml } from './helpers.js'

const realWith = (backend: string) => yaml(`bzzz: { dht: { use_real: true, backend: ${backend} } }`)

const CUSTOMER_FILE = `
bzzz:
  dht:
    enabled: true
    backend: "real" # mock, real, hybrid
    bootstrap_nodes:
      - "192.168.1.100:8080"
      - "192.168.1.101:8080"
    fallback:
      enabled: true
      threshold_errors: 3
      backoff_ms: 1000

rustle:
  connector:
    enabled: true
    backend: "real" # mock, real, hybrid
    endpoints:
      - "http://192.168.1.100:8080"
      - "http://192.168.1.101:8080"
    fallback:
      enabled: true
      timeout_ms: 5000
`

describe('names that deployments use already', () => {
  test('every variable, with its type and default', () => {
    const rows = new Map(
      explain(coordinatorFields, loadCoordinator({})).map((row) => [row.variable, row.value]),
    )
    expect(
      [
        'BZZZ_USE_REAL_DHT',
        'BZZZ_DHT_BOOTSTRAP_NODES',
        'BZZZ_FALLBACK_ON_ERROR',
        'BZZZ_HEALTH_CHECK_INTERVAL',
        'BZZZ_CACHE_ENABLED',
        'BZZZ_CACHE_TTL',
        'BZZZ_USE_DISTRIBUTED_RESOLVER',
        'RUSTLE_USE_REAL_CONNECTOR',
        'RUSTLE_BZZZ_ENDPOINTS',
        'RUSTLE_FALLBACK_ENABLED',
        'RUSTLE_TIMEOUT_MS',
      ].map((name) => rows.get(name)),
    ).toEqual(['false', '', 'true', '30s', 'true', '5m', 'false', 'false', '', 'true', '5000'])
  })

  test('their environment loads', () => {
    const { config } = loadCoordinator({
      env: {
        BZZZ_USE_REAL_DHT: 'true',
        BZZZ_DHT_BOOTSTRAP_NODES: '192.168.1.100:8080,192.168.1.101:8080',
        BZZZ_FALLBACK_ON_ERROR: 'true',
        BZZZ_USE_DISTRIBUTED_RESOLVER: 'false',
        RUSTLE_USE_REAL_CONNECTOR: 'true',
        RUSTLE_BZZZ_ENDPOINTS: 'http://192.168.1.100:8080,http://192.168.1.101:8080',
        RUSTLE_FALLBACK_ENABLED: 'true',
        RUSTLE_TIMEOUT_MS: '5000',
      },
    })
    expect(config.useRealDht).toBe(true)
    expect(config.dhtBootstrapNodes).toHaveLength(2)
    expect(config.rustleTimeoutMs).toBe(5000)
  })

  test('their file loads, and says what has no effect yet', () => {
    const { config, notices } = loadCoordinator(yaml(CUSTOMER_FILE))
    expect(config.useRealDht).toBe(true)
    expect(config.dhtBootstrapNodes[0]).toEqual({
      kind: 'host-port',
      host: '192.168.1.100',
      port: 8080,
    })
    expect(notices.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'bzzz.dht.fallback.enabled: accepted, not read yet: @bzzz/hybrid',
      'bzzz.dht.fallback.threshold_errors: accepted, not read yet: @bzzz/hybrid',
      'bzzz.dht.fallback.backoff_ms: accepted, not read yet: @bzzz/hybrid',
      'rustle.connector.enabled: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.backend: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.endpoints: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.fallback.enabled: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.fallback.timeout_ms: accepted, not read yet: the RUSTLE connector',
    ])
  })

  test('nothing set, nothing noticed', () => expect(loadCoordinator({}).notices).toEqual([]))
})

describe('enabled and backend as use_real', () => {
  test.each<[boolean | undefined, string | undefined, unknown]>([
    [undefined, undefined, undefined],
    [true, undefined, undefined],
    [undefined, 'mock', { value: false }],
    [true, 'mock', { value: false }],
    [undefined, 'real', { value: true }],
    [true, 'real', { value: true }],
    [false, undefined, { value: false }],
    [false, 'mock', { value: false }],
    [false, 'real', { value: false }],
    [false, 'hybrid', { value: false }],
  ])('enabled %s, backend %s', (enabled, backend, selection) =>
    expect(selectDht(enabled, backend)).toEqual(selection),
  )

  test('hybrid is refused with what it waits for', () => {
    for (const head of ['', 'enabled: true, '])
      expect(
        sentencesOf(() => loadCoordinator(yaml(`bzzz: { dht: { ${head}backend: hybrid } }`)))[0],
      ).toMatch(/comes with @bzzz\/hybrid.*; write real or mock$/)
  })

  test('a stronger source wins either way, so that a rollback by variable works', () => {
    const rollback = loadCoordinator({
      ...yaml(CUSTOMER_FILE),
      env: { BZZZ_USE_REAL_DHT: 'false' },
    })
    expect(rollback.config.useRealDht).toBe(false)
    expect(rollback.origins.useRealDht.place).toEqual({
      source: 'environment',
      variable: 'BZZZ_USE_REAL_DHT',
    })
    const file = yaml('bzzz: { dht: { use_real: true } }')
    expect(loadCoordinator({ ...file, env: { BZZZ_DHT_ENABLED: 'false' } }).config.useRealDht).toBe(
      false,
    )
    expect(
      loadCoordinator({ ...file, overrides: { 'dht-backend': 'mock' } }).config.useRealDht,
    ).toBe(false)
  })

  test('one of both in a stronger source decides with its strength', () => {
    const file = yaml('bzzz: { dht: { use_real: true, backend: real } }')
    const { config, origins } = loadCoordinator({ ...file, env: { BZZZ_DHT_ENABLED: 'false' } })
    expect(config.useRealDht).toBe(false)
    expect(origins.useRealDht.place).toEqual({
      source: 'environment',
      variable: 'BZZZ_DHT_ENABLED',
    })
  })

  test('a contradiction in one source is refused, agreement is not', () => {
    expect(loadCoordinator(realWith('real')).config.useRealDht).toBe(true)
    expect(sentencesOf(() => loadCoordinator(realWith('mock')))).toEqual([
      'bzzz.yaml:1:41: bzzz.dht.backend says bzzz.dht.use_real: false, but bzzz.yaml:1:26 says true; remove one of them',
    ])
  })
})

describe('help and documentation', () => {
  test('a flag for every setting that something reads', () => {
    const flags = flagsOf(coordinatorFields)
    expect(flags.map((flag) => flag.name)).toEqual(
      coordinatorFields.named
        .filter((each) => each.reserved === undefined && each.selects === undefined)
        .map((each) => each.flag),
    )
    expect(flags.find((flag) => flag.name === 'dht-use-real')?.argument).toBe('[true|false]')
    const help = helpText(coordinatorFields)
    for (const flag of flags) expect(help).toContain(`--${flag.name} ${flag.argument}`)
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('docs/config.md is the page of this table, both ways', async () => {
    const page = await readFile('../../docs/config.md', 'utf8')
    const documented = new Set([...page.matchAll(/^### (\S+)$/gm)].map((match) => match[1]))
    expect(documented).toEqual(new Set(coordinatorFields.named.map((each) => each.path)))
    for (const { env, flag } of coordinatorFields.named)
      expect(page).toContain(`Variable \`${env}\`, flag \`--${flag}\``)
    expect(page).toBe(docsMarkdown(coordinatorFields))
  })

  test('the file on the page loads', () => {
    const [, text = ''] = /```yaml\n(.*?)```/s.exec(docsMarkdown(coordinatorFields)) ?? []
    const { config, notices } = loadCoordinator(yaml(text))
    expect([config.useRealDht, config.dhtBootstrapNodes.length, notices.length]).toEqual([
      true,
      2,
      0,
    ])
    expect(config.storeCacheBytes).toBe(256 * 1024 ** 2)
  })

  test('every example loads as it stands', () => {
    const env = Object.fromEntries(
      coordinatorFields.named
        .filter((each) => each.selects === undefined)
        .map((each) => [each.env, each.example]),
    )
    expect(loadCoordinator({ env }).config.httpAllowedHosts).toEqual([
      'mesh.example.org',
      '10.0.0.5',
    ])
  })
})
