import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { docsMarkdown } from '../src/docs.js'
import { explain } from '../src/explain.js'
import { flagsOf, helpText } from '../src/help.js'
import { CUSTOMER_ENVIRONMENT, CUSTOMER_FILE, loadCoordinator, yaml } from './helpers.js'

const byText = (a = '', b = ''): number => (a < b ? -1 : 1)

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
    ).toEqual(['', '', '', '30s', 'true', '5m', 'false', 'false', '', 'true', '5000'])
    const page = docsMarkdown(coordinatorFields)
    const defaultOf = (path: string): string | undefined =>
      new RegExp(`^### ${path.replaceAll('.', '\\.')}\n(?:.*\n)*?- Default: (.*)$`, 'm').exec(
        page,
      )?.[1]
    expect(defaultOf('bzzz.dht.use_real')).toBe('`false`')
    expect(defaultOf('bzzz.dht.fallback.enabled')).toBe('`true`')
  })

  test('their environment loads', () => {
    const { config } = loadCoordinator({
      env: CUSTOMER_ENVIRONMENT,
    })
    expect(config.dhtMode).toEqual({ mode: 'hybrid', percent: 100 })
    expect(config.dhtBootstrapNodes).toHaveLength(2)
    expect(config.rustleTimeoutMs).toBe(5000)
  })

  test('their file loads, and says what has no effect yet', () => {
    const { config, notices } = loadCoordinator(yaml(CUSTOMER_FILE))
    expect(config.dhtMode).toEqual({ mode: 'hybrid', percent: 100 })
    expect(config.fallbackThresholdErrors).toBe(3)
    expect(config.fallbackBackoffMs).toBe(1000)
    expect(config.dhtBootstrapNodes[0]).toEqual({
      kind: 'host-port',
      host: '192.168.1.100',
      port: 8080,
    })
    expect(notices.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'rustle.connector.enabled: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.backend: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.endpoints: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.fallback.enabled: accepted, not read yet: the RUSTLE connector',
      'rustle.connector.fallback.timeout_ms: accepted, not read yet: the RUSTLE connector',
    ])
  })

  test('nothing set, nothing noticed', () => expect(loadCoordinator({}).notices).toEqual([]))
})

describe('help and documentation', () => {
  test('a flag for every setting that something reads', () => {
    const flags = flagsOf(coordinatorFields)
    expect(flags.map((flag) => flag.name).toSorted(byText)).toEqual(
      coordinatorFields.named
        .filter(({ reserved, selects }) => reserved === undefined && selects === undefined)
        .map((each) => each.flag)
        .concat('dht-percent', 'dht-use-real', 'dht-fallback-enabled')
        .toSorted(byText),
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
    expect([config.dhtMode.mode, config.dhtBootstrapNodes.length, notices.length]).toEqual([
      'hybrid',
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
