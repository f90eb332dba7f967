import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { seededRandom } from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { openFileStore } from '../src/node/file-store.js'
import { bytesOf, linesOf, lostOf, startWriter, waitForBytes } from './writer.js'

const root = mkdtempSync(join(tmpdir(), 'bzzz-store-'))

afterAll(() => {
  rmSync(root, { recursive: true })
})

const open = (directory: string): ReturnType<typeof openFileStore> =>
  openFileStore({ directory, writer: 'node-a', ballastBytes: 0 })

const KILLS = laneCount(15, 50)

test(`kill -9 x ${String(KILLS)} under load: nothing acknowledged is lost`, async () => {
  const [directory, acknowledged] = [join(root, 'killed'), join(root, 'killed.txt')]
  const seed = 5
  const random = seededRandom(seed)
  let epoch = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const before = bytesOf(acknowledged)
    const writer = await startWriter(directory, acknowledged)
    await waitForBytes(acknowledged, before + 1 + random.int(15_000))
    await writer.kill()
    const store = await open(directory)
    expect(store.epoch).toBeGreaterThan(epoch)
    ;({ epoch } = store)
    expect([seed, kill, await lostOf(store, acknowledged)]).toEqual([seed, kill, []])
    await store.stop()
  }
  expect(linesOf(acknowledged).length).toBeGreaterThan(KILLS * 200)
}, 900_000)

test('a second process, or a second store, is told who has the directory; kill -9 frees it', async () => {
  const [directory, acknowledged] = [join(root, 'locked'), join(root, 'locked.txt')]
  const writer = await startWriter(directory, acknowledged)
  await expect(open(directory)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`process ${String(writer.process.pid)}`),
  })
  await writer.kill()
  const store = await open(directory)
  await expect(open(directory)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`process ${String(process.pid)}`),
  })
  await store.stop()
  await (await open(directory)).stop()
}, 60_000)

test('nobody else can read the files', async () => {
  const directory = join(root, 'private')
  const store = await open(directory)
  await store.append({ key: 'k', value: new Uint8Array(3) }, { opId: 'op' }).committed
  await store.stop()
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(statSync(`${directory}.mark`).mode & 0o077).toBe(0)
  for (const name of readdirSync(directory))
    expect([
      name,
      statSync(join(directory, name)).mode & 0o077 & (name === 'lock' ? 0 : 0o777),
    ]).toEqual([name, 0])
})

test('a directory that cannot be made is a typed refusal', async () => {
  const file = join(root, 'private', 'identity')
  await expect(open(join(file, 'store'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
})
