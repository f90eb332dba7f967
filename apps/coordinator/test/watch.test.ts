import { expect, test } from '@jest/globals'
import { connectTo } from '../src/cli/connect.js'
import { run } from '../src/cli/run.js'
import { waitFor } from '../src/process/wait-for.js'
import { temporaryDirectory } from './support/daemon.js'
import { coordinatorIn, fakeIo, runInProcess } from './support/in-process.js'

const HYBRID = { BZZZ_DHT_MODE: 'hybrid', BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0' }

/** `bzzz watch switches` in this process, until it is interrupted. */
const watching = (dataDirectory: string, ...args: readonly string[]) => {
  const interrupt = new AbortController()
  const io = {
    ...fakeIo({ BZZZ_DATA_DIRECTORY: dataDirectory }),
    interrupted: interrupt.signal,
  }
  const code = run(['watch', 'switches', ...args], io)
  return { io, code, interrupt: () => interrupt.abort() }
}

test('bzzz watch switches: a line each, over a restart of the coordinator, until Ctrl-C', async () => {
  await using directory = await temporaryDirectory()
  const set = async (percent: number): Promise<void> => {
    const client = await connectTo(directory.path)
    await client.call('mode.set', { component: 'dht', percent })
  }
  const first = await coordinatorIn(directory.path, HYBRID)
  await first.start()
  const text = watching(directory.path)
  const json = watching(directory.path, '--json')
  // Who listens from now on hears of a change made once it does: so it is made until it is heard.
  let percent = 0
  await waitFor('both listening', async () => {
    await set((percent += 0.5))
    return text.io.text.out !== '' && json.io.text.out !== ''
  })
  expect(text.io.text.out).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z dht mode hybrid [\d.]+ % -> hybrid [\d.]+ %: operator: no reason given\n/,
  )
  expect(JSON.parse(json.io.text.out.split('\n')[0] ?? '')).toMatchObject({ kind: 'mode-changed' })
  await first.stop()

  await using second = await coordinatorIn(directory.path, HYBRID)
  await second.start()
  await waitFor('the restart noticed', () =>
    json.io.text.out.includes('the node was started again'),
  )
  await set(77)
  await waitFor('the change heard', () => json.io.text.out.includes('"percent":77'))
  for (const line of json.io.text.out.trimEnd().split('\n')) JSON.parse(line)

  text.interrupt()
  json.interrupt()
  expect(await Promise.all([text.code, json.code])).toEqual([0, 0])
})

test('where nothing runs it says so at once', async () => {
  await using directory = await temporaryDirectory()
  const result = await runInProcess(['watch', 'switches'], { BZZZ_DATA_DIRECTORY: directory.path })
  expect(result).toMatchObject({ code: 4, stdout: '' })
  expect(result.stderr).toContain('COORDINATOR_NOT_RUNNING')
})
