import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { systemClock, systemRandom } from '@bzzz/base'
import { lockDirectory } from '@bzzz/store/node'
import { openDataDirectory } from '../src/data/data-directory.js'
import { writeRuntime } from '../src/data/runtime-file.js'
import { loadToken } from '../src/data/token-file.js'
import { temporaryDirectory } from './support/daemon.js'
import { runInProcess } from './support/in-process.js'

test('the token is not sent to what took the port and the process id of a killed coordinator', async () => {
  await using root = await temporaryDirectory()
  const directory = await openDataDirectory(join(root.path, 'data'))
  const token = await loadToken(directory.tokenFile, systemRandom)
  const seen: IncomingHttpHeaders[] = []
  await using stranger = createServer((request, response) => {
    seen.push(request.headers)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  await writeRuntime(directory.runtimeFile, {
    pid: process.pid,
    url: `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`,
    peerId: '12D3KooW',
    version: '1.0.0',
    startedAtMs: systemClock.nowMs(),
  })
  const put = (): ReturnType<typeof runInProcess> =>
    runInProcess(['put', 'k', 'v', '--data-directory', directory.path])
  expect(await put()).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('COORDINATOR_NOT_RUNNING'),
  })
  expect(seen).toEqual([])
  // With the lock held it is sent: it was the lock that kept it.
  const unlock = lockDirectory(directory.path)
  await put()
  unlock()
  expect(seen[0]?.authorization).toBe(`Bearer ${token}`)
})
