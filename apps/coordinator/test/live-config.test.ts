import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { Client } from '@bzzz/api'
import { systemClock, systemRandom } from '@bzzz/base'
import { coordinatorFields, loadConfig } from '@bzzz/config'
import { silentLogger } from '@bzzz/telemetry'
import { InMemoryProvider } from '@openfeature/server-sdk'
import { connectTo } from '../src/cli/connect.js'
import { settingsOf } from '../src/cli/load-settings.js'
import { Coordinator } from '../src/coordinator.js'
import { waitFor } from '../src/process/wait-for.js'
import { temporaryDirectory } from './support/daemon.js'
import { coordinatorWithFile, fakeIo } from './support/in-process.js'

const yaml = (dht: string): string => `bzzz:
  libp2p:
    listen:
      - /ip4/127.0.0.1/tcp/0
  dht:
${dht
  .split('\n')
  .map((line) => `    ${line}\n`)
  .join('')}`

const rowOf = async (client: Client) => {
  const { components } = await client.call('mode', {})
  return components[0]
}

describe('the configuration file of a running coordinator', () => {
  test('takes effect without a restart: mode, percentage and the figures of the fallback', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'bzzz.yaml')
    const data = join(directory.path, 'data')
    await writeFile(file, yaml('backend: mock'))
    await using node = await coordinatorWithFile(data, file)
    await node.start()
    const client = await connectTo(data)
    expect(await rowOf(client)).toMatchObject({ mode: 'mock', source: { mode: 'yaml' } })

    await writeFile(file, yaml('backend: hybrid\npercent: 10\ndirty_bytes_max: 2MiB'))
    const row = await waitFor('the mode of the file', async () => {
      const now = await rowOf(client)
      return now?.mode === 'hybrid' && now.serving === 'real' && now
    })
    expect(row).toMatchObject({
      percent: 10,
      source: { mode: 'yaml', percent: 'yaml' },
      backlog: { bytesMax: 2 * 1024 * 1024 },
    })
    const { settings } = await client.call('config.explain', {})
    expect(settings).toContainEqual(
      expect.objectContaining({ path: 'bzzz.dht.percent', value: '10', source: 'yaml' }),
    )

    // An operator's word stands above the file, whatever that says next.
    await client.call('mode.set', { component: 'dht', percent: 50 })
    await writeFile(file, yaml('backend: hybrid\npercent: 20'))
    await waitFor('the percentage of the file', async () => {
      const { settings: now } = await client.call('config.explain', {})
      return now.some(({ path, value }) => path === 'bzzz.dht.percent' && value === '20')
    })
    expect(await rowOf(client)).toMatchObject({ percent: 50, source: { percent: 'override' } })
    await client.call('mode.clear', { component: 'dht' })
    expect(await rowOf(client)).toMatchObject({ percent: 20 })
  })

  test('that is broken is refused whole; status says so until it is mended', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'bzzz.yaml')
    const data = join(directory.path, 'data')
    await writeFile(file, yaml('backend: hybrid\npercent: 30'))
    await using node = await coordinatorWithFile(data, file)
    await node.start()
    const client = await connectTo(data)
    const notices = async (): Promise<readonly string[]> =>
      (await client.call('status', {})).notices
    await writeFile(file, yaml('backend: mock\npercent: many'))
    const [refused] = await waitFor('the refusal', async () => {
      const now = await notices()
      return now.length > 0 && now
    })
    expect(refused).toMatch(/^the configuration file is refused.*percent/)
    expect(refused).not.toContain('\n')
    expect(await rowOf(client)).toMatchObject({ mode: 'hybrid', percent: 30 })
    await writeFile(file, yaml('backend: hybrid\npercent: 30\nreplicas: 5'))
    const [restart] = await waitFor('the mended file', async () => {
      const now = await notices()
      return now.some((each) => each.startsWith('needs a restart')) && now
    })
    expect(restart).toMatch(/^needs a restart: bzzz\.dht\.replicas: 3 -> 5/)
  })
})

const flags = (percent: number) => ({
  'bzzz.dht.mode': { variants: { on: 'hybrid' }, defaultVariant: 'on', disabled: false },
  'bzzz.dht.percent': { variants: { on: percent }, defaultVariant: 'on', disabled: false },
})

describe('flags of a provider of one’s own', () => {
  test('decide the mode, below what operators say', async () => {
    await using directory = await temporaryDirectory()
    const data = join(directory.path, 'data')
    const io = fakeIo()
    const loaded = loadConfig(coordinatorFields, {
      env: {
        BZZZ_DATA_DIRECTORY: data,
        BZZZ_HTTP_PORT: '0',
        BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0',
      },
    })
    const provider = new InMemoryProvider(flags(40))
    await using node = new Coordinator({
      ...settingsOf(io, loaded),
      flagProvider: provider,
      version: '0.0.0',
      pid: process.pid,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    })
    await node.start()
    const client = await connectTo(data)
    const at = (percent: number) =>
      waitFor(`${percent} %`, async () => {
        const row = await rowOf(client)
        return row?.mode === 'hybrid' && row.percent === percent && row
      })
    await at(40)
    await client.call('mode.set', { component: 'dht', mode: 'hybrid', percent: 5 })
    provider.putConfiguration(flags(60))
    await at(5)
    await client.call('mode.clear', { component: 'dht' })
    expect(await at(60)).toMatchObject({ source: { mode: 'in-memory', percent: 'in-memory' } })
  })
})
