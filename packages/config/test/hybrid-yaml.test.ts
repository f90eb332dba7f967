import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import type { ModeSetting } from '@bzzz/base'
import { coordinatorFields } from '../src/coordinator-fields.js'
import type { Environment } from '../src/text-sources.js'
import { CUSTOMER_ENVIRONMENT, CUSTOMER_FILE, loadCoordinator, yaml } from './helpers.js'

const load = async (env: Environment = {}) =>
  loadCoordinator({ ...yaml(await readFile('../../config/hybrid.yaml', 'utf8')), env })

const hybrid = (percent: number): ModeSetting => ({ mode: 'hybrid', percent })

describe('config/hybrid.yaml', () => {
  test('has every line of the layout that deployments use, in its order', async () => {
    const lines = (await readFile('../../config/hybrid.yaml', 'utf8')).split('\n')
    let at = -1
    for (const line of CUSTOMER_FILE.split('\n').filter((each) => each !== '')) {
      at = lines.indexOf(line, at + 1)
      expect([line, at >= 0]).toEqual([line, true])
    }
  })

  test('loads, and nothing but the connector waits for a later release', async () => {
    const { config, notices } = await load()
    expect(config.dhtMode).toEqual(hybrid(100))
    expect(config.dhtBootstrapNodes).toHaveLength(2)
    expect(notices.filter(({ path }) => !path.startsWith('rustle.'))).toEqual([])
  })

  test('what it states beyond that layout are the defaults', async () => {
    const { config, origins } = await load()
    const layout = loadCoordinator(yaml(CUSTOMER_FILE)).origins
    const ours = coordinatorFields.named.filter(
      ({ key, selects }) =>
        selects === undefined &&
        origins[key as keyof typeof origins].place !== undefined &&
        layout[key as keyof typeof layout].place === undefined,
    )
    expect(ours.map(({ path }) => path)).toEqual([
      'bzzz.health.check_interval',
      'bzzz.dht.fallback.deadline_min',
      'bzzz.dht.fallback.deadline_max',
      'bzzz.dht.fallback.dwell',
      'bzzz.dht.drain_per_s',
      'bzzz.dht.dirty_bytes_max',
    ])
    for (const { key, default: preset } of ours)
      expect([key, config[key as keyof typeof config]]).toEqual([key, preset])
  })

  test('loads with the whole environment that deployments use', async () => {
    const { config } = await load(CUSTOMER_ENVIRONMENT)
    expect(config.dhtMode).toEqual(hybrid(100))
    expect(config.rustleTimeoutMs).toBe(5000)
  })

  test.each<[Environment, ModeSetting]>([
    [{ BZZZ_USE_REAL_DHT: 'false' }, { mode: 'mock', percent: 100 }],
    [
      { BZZZ_USE_REAL_DHT: 'false', BZZZ_FALLBACK_ON_ERROR: 'false' },
      { mode: 'mock', percent: 100 },
    ],
    [{ BZZZ_FALLBACK_ON_ERROR: 'false' }, { mode: 'real', percent: 100 }],
    [
      { BZZZ_USE_REAL_DHT: 'true', BZZZ_FALLBACK_ON_ERROR: 'false' },
      { mode: 'real', percent: 100 },
    ],
    [{ BZZZ_DHT_PERCENT: '10' }, hybrid(10)],
    [{ BZZZ_DHT_MODE: 'shadow' }, { mode: 'shadow', percent: 100 }],
  ])('with %j', async (env, setting) => expect((await load(env)).config.dhtMode).toEqual(setting))
})
