import { describe, expect, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { connectTo } from '../src/cli/connect.js'
import type { Coordinator } from '../src/coordinator.js'
import { waitFor } from '../src/process/wait-for.js'
import { temporaryDirectory } from './support/daemon.js'
import { coordinatorIn, runInProcess } from './support/in-process.js'

const KEYS = Array.from({ length: 60 }, (_, at) => `record/${at}`)

const environment = (bootstrap = ''): Record<string, string> => ({
  BZZZ_DHT_MODE: 'hybrid',
  BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0',
  BZZZ_DHT_BOOTSTRAP_NODES: bootstrap,
  // One copy of each record, so that each node lacks about half of them.
  BZZZ_DHT_REPLICAS: '1',
})

const isServing = async (dataDirectory: string): Promise<boolean> => {
  const client = await connectTo(dataDirectory)
  const { components = [], peers } = await client.call('status', {})
  return components[0]?.serving === 'real' && peers.connected === 1
}

/** Two nodes that have met, and the records that the first has put. */
const createPair = async (firstDirectory: string, secondDirectory: string) => {
  const first = await coordinatorIn(firstDirectory, environment())
  await first.start()
  const libp2p = /\/tcp\/(\d+)/.exec(first.backend.addresses()[0] ?? '')?.[1] ?? ''
  const second = await coordinatorIn(secondDirectory, environment(`127.0.0.1:${libp2p}`))
  await second.start()
  await waitFor(
    'both serving',
    async () => (await isServing(firstDirectory)) && (await isServing(secondDirectory)),
  )
  const client = await connectTo(firstDirectory)
  await Promise.all(
    KEYS.map((key) => client.call('put', { key, value: utf8(key), level: 'quorum' })),
  )
  return { first, second }
}

const held = (node: Coordinator): number =>
  KEYS.filter((key) => node.backend.store.head(key) !== undefined).length

describe('a rollback in a mesh', () => {
  test('copies what this node lacks, and then answers without the others', async () => {
    await using one = await temporaryDirectory()
    await using two = await temporaryDirectory()
    const { first, second } = await createPair(one.path, two.path)
    try {
      expect(held(second)).toBeLessThan(KEYS.length)
      const back = await runInProcess(['rollback', '--json'], { BZZZ_DATA_DIRECTORY: two.path })
      expect(back).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(back.stdout)).toMatchObject({
        components: [{ mode: 'mock', isComplete: true, change: { state: 'done', isNow: false } }],
      })
      expect(held(second)).toBe(KEYS.length)
      await first.stop()
      const client = await connectTo(two.path)
      for (const key of KEYS) expect(fromUtf8((await client.call('get', { key })).value)).toBe(key)
      // It holds all there was: what it lacks, nobody had.
      await expect(client.call('get', { key: 'never' })).rejects.toMatchObject({
        code: 'API_RECORD_NOT_FOUND',
      })
    } finally {
      await first.stop()
      await second.stop()
    }
  })

  test('without the others is refused, and the mode stays; --now enters it, and what is not here is unavailable for good', async () => {
    await using one = await temporaryDirectory()
    await using two = await temporaryDirectory()
    const env = { BZZZ_DATA_DIRECTORY: two.path }
    const { first, second } = await createPair(one.path, two.path)
    try {
      const lacking = KEYS.find((key) => second.backend.store.head(key) === undefined) ?? ''
      await first.stop()
      await waitFor('the fallback', async () => !(await isServing(two.path)))
      const refused = await runInProcess(['rollback'], env)
      expect([refused.code, refused.stdout]).toEqual([1, ''])
      expect(refused.stderr).toContain('HYBRID_COPY_INCOMPLETE')
      const shown = await runInProcess(['mode'], env)
      expect(shown.stdout).toMatch(/dht +hybrid 100 % +store/)
      expect(shown.stdout).toContain('dht: mock was not entered')

      const entered = await runInProcess(['rollback', '--now'], env)
      expect(entered.code).toBe(0)
      expect(entered.stderr).toContain('will be unavailable')
      const unavailable = await runInProcess(['get', lacking], env)
      expect([unavailable.code, unavailable.stdout]).toEqual([4, ''])
      expect(unavailable.stderr).toContain('DHT_UNAVAILABLE')
      expect((await runInProcess(['get', lacking, '--allow-stale'], env)).code).toBe(3)
      await second.stop()

      // A restart knows it still: the override, and that something is missing.
      await using again = await coordinatorIn(two.path, environment())
      await again.start()
      const status = await runInProcess(['status'], env)
      expect(status.stdout).toMatch(/dht +mock +store/)
      expect(status.stdout).toContain('BzzzIncomplete')
      expect((await runInProcess(['get', lacking], env)).code).toBe(4)
    } finally {
      await first.stop()
      await second.stop()
    }
  })
})

test('mode real is not entered while the peers are away; the mode before it stays', async () => {
  await using directory = await temporaryDirectory()
  const env = { BZZZ_DATA_DIRECTORY: directory.path }
  await using node = await coordinatorIn(directory.path, environment('127.0.0.1:9'))
  await node.start()
  const client = await connectTo(directory.path)
  const { components } = await client.call('mode.set', {
    component: 'dht',
    mode: 'real',
    waitMs: 0,
  })
  expect(components).toMatchObject([
    { mode: 'hybrid', serving: 'store', change: { state: 'running', to: { mode: 'real' } } },
  ])
  expect(components[0]).not.toHaveProperty('override')
  // Looking at it is no waiting for it.
  expect((await runInProcess(['mode'], env)).stdout).toContain('dht: entering real')
})
