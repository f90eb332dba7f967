import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { ManualClock, seededRandom, systemClock, utf8 } from '@bzzz/base'
import { compareDocuments, findAll } from '../src/demo/checks.js'
import { CallLog, startLoad } from '../src/demo/load.js'
import type { MeshNode } from '../src/demo/mesh.js'
import type { NodeClient } from '../src/demo/node-client.js'
import { waitFor } from '../src/process/wait-for.js'
import { temporaryDirectory } from './support/daemon.js'

/** A coordinator in memory that may forget or change what it acknowledged. */
const fakeClient = (spoil: (key: string, value: Uint8Array) => Uint8Array | undefined) => {
  const records = new Map<string, Uint8Array>()
  const client: NodeClient = {
    put: async (key, value) => {
      const kept = spoil(key, value)
      if (kept !== undefined) records.set(key, kept)
      return { outcome: 'acknowledged' }
    },
    get: async (key) => {
      const value = records.get(key)
      return value === undefined ? undefined : { value, version: '1.0.w' }
    },
    status: async () => ({ connectedPeers: 0, isServing: true, records: records.size, digest: '' }),
  }
  return client
}

const nodeWith = (client: NodeClient): MeshNode =>
  ({ name: 'node-1', directory: '', client }) as unknown as MeshNode

const honest = (_key: string, value: Uint8Array): Uint8Array => value

describe('the demo notices', () => {
  test('an acknowledged record that is gone, or is another', async () => {
    const written = [
      ['a', '1'],
      ['b', '2'],
    ] as const
    const seen = async (spoil: Parameters<typeof fakeClient>[0]): Promise<void> => {
      const client = fakeClient(spoil)
      for (const [key, value] of written) await client.put(key, utf8(value), key)
      await findAll(nodeWith(client), written)
    }
    await expect(seen(honest)).resolves.toBeUndefined()
    await expect(seen((key, value) => (key === 'b' ? undefined : value))).rejects.toMatchObject({
      code: 'DEMO_FAILED',
      message: expect.stringContaining('does not find it'),
    })
    await expect(seen((key, value) => (key === 'b' ? utf8('x') : value))).rejects.toMatchObject({
      code: 'DEMO_FAILED',
      message: expect.stringContaining('another value'),
    })
  })

  test('a document that is not what the file holds', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'a.md')
    await writeFile(path, '# A')
    const client = fakeClient(honest)
    const files = [{ key: 'a.md', path }]
    await expect(compareDocuments(nodeWith(client), files)).rejects.toMatchObject({
      code: 'DEMO_FAILED',
    })
    await client.put('a.md', utf8('# A'), 'op')
    expect(await compareDocuments(nodeWith(client), files)).toBe(1)
    await writeFile(path, '# B')
    await expect(compareDocuments(nodeWith(client), files)).rejects.toMatchObject({
      code: 'DEMO_FAILED',
    })
  })

  test.each([
    ['nothing', honest, 0],
    ['a value that changed', () => utf8('other'), 1],
    ['a value that is gone', () => undefined, 1],
  ])('%s in its reads under load', async (_name, spoil, leastWrong) => {
    const client = fakeClient(spoil)
    const ending = new AbortController()
    const { now, done } = startLoad({
      // A turn of the event loop per call, as over a network.
      writer: {
        ...client,
        put: async (...args) => {
          await new Promise((resolve) => setImmediate(resolve))
          return client.put(...args)
        },
      },
      reader: {
        ...client,
        get: async (...args) => {
          await new Promise((resolve) => setImmediate(resolve))
          return client.get(...args)
        },
      },
      readLevel: 'quorum',
      clock: systemClock,
      random: seededRandom(1),
      until: ending.signal,
    })
    await waitFor('some reads', () => now.reads.succeeded >= 20, { everyMs: 1 })
    ending.abort()
    const { wrong, acknowledged } = await done
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(Math.min(wrong.length, 1)).toBe(leastWrong)
  })

  test('the longest time without a success, the one that still lasts included', () => {
    const clock = new ManualClock()
    const log = new CallLog(clock)
    clock.advance(10)
    log.success()
    clock.advance(300)
    log.failure(Object.assign(new Error('no'), { code: 'TIMEOUT' }))
    log.success()
    clock.advance(50)
    log.success()
    expect(log.longestGapMs()).toBe(300)
    clock.advance(900)
    expect(log.longestGapMs()).toBe(900)
    expect([log.succeeded, log.failed, [...log.failures]]).toEqual([3, 1, [['TIMEOUT', 1]]])
  })
})
