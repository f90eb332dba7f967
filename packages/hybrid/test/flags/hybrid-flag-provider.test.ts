import { afterAll, describe, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import {
  FirstMatchStrategy,
  InMemoryProvider,
  MultiProvider,
  OpenFeature,
  ProviderEvents,
  type Client,
  type Provider,
} from '@openfeature/server-sdk'
import { FlagSources } from '../../src/flags/flag-sources.js'
import { HybridFlagProvider } from '../../src/flags/hybrid-flag-provider.js'
import { settle } from './support.js'

afterAll(() => OpenFeature.close())

let domains = 0

const clientOf = async (provider: Provider): Promise<Client> => {
  const domain = `provider-${++domains}`
  await OpenFeature.setProviderAndWait(domain, provider)
  return OpenFeature.getClient(domain)
}

const setUp = () => {
  const clock = new ManualClock()
  const sources = new FlagSources({ components: { dht: { mode: 'mock', percent: 100 } }, clock })
  return { clock, sources }
}

/** Flags of the changes that a client hears. */
const changesOf = (client: Client): unknown[] => {
  const heard: unknown[] = []
  client.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
    heard.push(details?.flagsChanged)
  })
  return heard
}

describe('through a client of OpenFeature', () => {
  test('value, variant, reason and source of each layer', async () => {
    const { clock, sources } = setUp()
    const client = await clientOf(new HybridFlagProvider(sources))
    expect(await client.getStringDetails('bzzz.dht.mode', 'real')).toMatchObject({
      value: 'mock',
      variant: 'mock',
      reason: 'DEFAULT',
      flagMetadata: { source: 'default' },
    })
    sources.configure('dht', { yaml: { mode: 'hybrid' }, env: { percent: 10 } })
    expect(await client.getStringDetails('bzzz.dht.mode', 'real')).toMatchObject({
      value: 'hybrid',
      reason: 'STATIC',
      flagMetadata: { source: 'yaml' },
    })
    expect(await client.getNumberDetails('bzzz.dht.percent', 0)).toMatchObject({
      value: 10,
      variant: '10',
      reason: 'STATIC',
      flagMetadata: { source: 'env' },
    })
    const untilMs = clock.nowMs() + 1000
    sources.override('dht', { mode: 'real', untilMs, actor: 'ann', reason: 'a try' })
    expect(await client.getStringDetails('bzzz.dht.mode', 'mock')).toMatchObject({
      value: 'real',
      reason: 'TARGETING_MATCH',
      flagMetadata: { source: 'override', actor: 'ann', reason: 'a try', untilMs },
    })
  })

  test.each([
    'bzzz.sync.mode',
    'bzzz.dht.colour',
    'bzzz.dht.mode.x',
    'mode',
    'bzzz.__proto__.mode',
  ])('there is no flag %s', async (key) => {
    const client = await clientOf(new HybridFlagProvider(setUp().sources))
    expect(await client.getStringDetails(key, 'preset')).toMatchObject({
      value: 'preset',
      errorCode: 'FLAG_NOT_FOUND',
    })
  })

  test('a flag of another type gives the default and says so', async () => {
    const client = await clientOf(new HybridFlagProvider(setUp().sources))
    const details = await Promise.all([
      client.getNumberDetails('bzzz.dht.mode', 7),
      client.getBooleanDetails('bzzz.dht.mode', true),
      client.getStringDetails('bzzz.dht.percent', 'x'),
      client.getObjectDetails('bzzz.dht.percent', { a: 1 }),
    ])
    expect(details.map(({ value }) => value)).toEqual([7, true, 'x', { a: 1 }])
    for (const { errorCode } of details) expect(errorCode).toBe('TYPE_MISMATCH')
  })

  test('changes tell the flags that changed; what changes none is no event', async () => {
    const { clock, sources } = setUp()
    const heard = changesOf(await clientOf(new HybridFlagProvider(sources)))
    sources.configure('dht', { yaml: { mode: 'mock' } })
    sources.configure('dht', { yaml: { mode: 'hybrid', percent: 10 } })
    sources.override('dht', { percent: 50, untilMs: clock.nowMs() + 1, actor: 'ann' })
    clock.advance(1)
    await settle()
    expect(heard).toEqual([
      ['bzzz.dht.mode', 'bzzz.dht.percent'],
      ['bzzz.dht.percent'],
      ['bzzz.dht.percent'],
    ])
  })

  test('closed, it listens no longer', async () => {
    const { sources } = setUp()
    const provider = new HybridFlagProvider(sources)
    const heard = changesOf(await clientOf(provider))
    await provider.onClose()
    sources.configure('dht', { yaml: { mode: 'real' } })
    await settle()
    expect(heard).toEqual([])
  })
})

const setUpBoth = async () => {
  const { sources } = setUp()
  const own = new InMemoryProvider({
    'bzzz.dht.mode': {
      variants: { on: 'hybrid', off: 'mock' },
      defaultVariant: 'on',
      disabled: false,
    },
  })
  const client = await clientOf(
    new MultiProvider(
      [
        { provider: new HybridFlagProvider(sources, { layers: 'override' }), name: 'overrides' },
        { provider: own, name: 'own' },
        { provider: new HybridFlagProvider(sources), name: 'configuration' },
      ],
      new FirstMatchStrategy(),
    ),
  )
  return { sources, client }
}
const values = async (client: Client): Promise<unknown> => [
  await client.getStringValue('bzzz.dht.mode', 'preset'),
  await client.getNumberValue('bzzz.dht.percent', -1),
]

describe("overrides above a provider of one's own", () => {
  test('an operator, then the provider, then the configuration', async () => {
    const { sources, client } = await setUpBoth()
    sources.configure('dht', { yaml: { mode: 'real', percent: 30 } })
    expect(await values(client)).toEqual(['hybrid', 30])
    sources.override('dht', { mode: 'shadow', actor: 'ann' })
    expect(await values(client)).toEqual(['shadow', 30])
    sources.clear('dht', { actor: 'ann' })
    expect(await values(client)).toEqual(['hybrid', 30])
  })

  test('one that repeats the configuration below is a change all the same', async () => {
    const { sources, client } = await setUpBoth()
    const heard = changesOf(client)
    sources.override('dht', { mode: 'mock', actor: 'ann' })
    await settle()
    expect(await values(client)).toEqual(['mock', 100])
    expect(heard).toEqual([['bzzz.dht.mode', 'bzzz.dht.percent']])
  })
})
