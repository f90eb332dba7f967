import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { BZZZ_BIN, cleanEnvironment } from '../src/process/coordinator-process.js'
import { temporaryDirectory } from './support/daemon.js'

test('a coordinator whose standard error is closed goes on', async () => {
  await using directory = await temporaryDirectory()
  const child = spawn(process.execPath, [BZZZ_BIN, 'start', '--json', '--until-stdin-ends'], {
    env: {
      ...cleanEnvironment(),
      BZZZ_DATA_DIRECTORY: directory.path,
      BZZZ_HTTP_PORT: '0',
      BZZZ_LOG_LEVEL: 'debug',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stderr.destroy()
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  child.stdin.end()
  expect(await closed).toEqual([0, null])
})
