import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { utf8 } from '@bzzz/base'
import { temporaryDirectory } from './support/daemon.js'
import { coordinatorIn } from './support/in-process.js'

let template: Awaited<ReturnType<typeof temporaryDirectory>>

beforeAll(async () => {
  template = await temporaryDirectory()
  await using coordinator = await coordinatorIn(template.path)
  await coordinator.start()
  await coordinator.backend.dht.put('k', utf8('v'))
})

afterAll(async () => {
  await template[Symbol.asyncDispose]()
})

const copy = async (to: string): Promise<void> => {
  await cp(template.path, to, { recursive: true })
  await chmod(to, 0o700)
}

describe('data that is not as it was left', () => {
  test('as it was left, it starts', async () => {
    await using directory = await temporaryDirectory()
    await copy(directory.path)
    await using coordinator = await coordinatorIn(directory.path)
    await coordinator.start()
    expect((await coordinator.backend.dht.get('k'))?.value).toEqual(utf8('v'))
  })

  test.each([
    [
      'an emptied store',
      async (path: string) => {
        await rm(join(path, 'store'), { recursive: true })
        await mkdir(join(path, 'store'), { mode: 0o700 })
      },
      'STORE_EMPTIED',
    ],
    [
      'a damaged identity',
      (path: string) => writeFile(join(path, 'identity.key'), 'x'),
      'IDENTITY_DAMAGED',
    ],
    [
      'an exposed identity',
      (path: string) => chmod(join(path, 'identity.key'), 0o644),
      'IDENTITY_EXPOSED',
    ],
    [
      'an exposed token',
      (path: string) => chmod(join(path, 'token'), 0o644),
      'DATA_DIRECTORY_UNSAFE',
    ],
    ['an open directory', (path: string) => chmod(path, 0o777), 'DATA_DIRECTORY_UNSAFE'],
    [
      'the store of another node',
      (path: string) => rm(join(path, 'identity.key')),
      'STORE_FOREIGN',
    ],
  ])('%s is refused, and nothing is left running', async (_name, harm, code) => {
    await using directory = await temporaryDirectory()
    await copy(directory.path)
    await harm(directory.path)
    const coordinator = await coordinatorIn(directory.path)
    await expect(coordinator.start()).rejects.toMatchObject({ code })
    expect(() => coordinator.url).toThrow(expect.objectContaining({ code: 'NOT_STARTED' }))
    expect(await readdir(directory.path)).not.toContain('coordinator.json')
    // The lock was given back: the next start comes as far as this one.
    await expect((await coordinatorIn(directory.path)).start()).rejects.toMatchObject({ code })
  })
})
