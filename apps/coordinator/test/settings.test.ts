import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { coordinatorFields, loadConfig, spyConfig } from '@bzzz/config'
import { createCoordinator } from '../src/cli/commands/start.js'
import { settingsOf } from '../src/cli/load-settings.js'
import { temporaryDirectory } from './support/daemon.js'
import { fakeIo } from './support/in-process.js'

describe('settings', () => {
  test('a coordinator reads every one that is not reserved for a later component', async () => {
    const read = new Set<string>()
    for (const useReal of ['true', 'false']) {
      await using directory = await temporaryDirectory()
      const pskFile = join(directory.path, 'swarm.key')
      const key = `/key/swarm/psk/1.0.0/\n/base16/\n${'0f'.repeat(32)}\n`
      await writeFile(pskFile, key, { mode: 0o600 })
      const loaded = loadConfig(coordinatorFields, {
        env: {
          BZZZ_DATA_DIRECTORY: join(directory.path, 'data'),
          BZZZ_HTTP_PORT: '0',
          BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0',
          BZZZ_LIBP2P_PSK_FILE: pskFile,
          BZZZ_USE_REAL_DHT: useReal,
        },
      })
      const spy = spyConfig(loaded.config)
      const io = fakeIo()
      const settings = settingsOf(io, { ...loaded, config: spy.config })
      // Explaining a setting is no use of it: that gets the settings unobserved.
      await using coordinator = await createCoordinator({ ...settings, loaded }, io)
      await coordinator.start()
      const { mode } = coordinator.backend.dht.controls.setting
      expect(mode).toBe(useReal === 'true' ? 'hybrid' : 'mock')
      for (const name of spy.read) read.add(name)
    }
    const wanted = coordinatorFields.named
      .filter(({ reserved, selects }) => reserved === undefined && selects === undefined)
      .map(({ key }) => key)
    expect([...read].toSorted()).toEqual(wanted.toSorted())
  })
})
