import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FILE_BYTES_MAX } from '../src/yaml-document.js'
import { defaultDataDirectory } from '../src/node/data-directory.js'
import { readConfig } from '../src/node/read-config.js'
import { smallTable } from './helpers.js'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bzzz-config-'))
})
afterAll(() => rm(directory, { recursive: true }))

const write = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

describe('readConfig', () => {
  test('no file at all', async () => {
    expect((await readConfig(smallTable, {})).config.port).toBe(4280)
  })

  test('the file of the command line, else that of the environment', async () => {
    const one = await write('one.yaml', 'bzzz: { http: { port: 1 } }')
    const two = await write('two.yaml', 'bzzz: { http: { port: 2 } }')
    const env = { BZZZ_CONFIG_FILE: two }
    expect((await readConfig(smallTable, { env })).config.port).toBe(2)
    const { config, origins } = await readConfig(smallTable, { file: one, env })
    expect(config.port).toBe(1)
    expect(origins.port.place).toEqual({ source: 'file', file: one, line: 1, column: 23 })
  })

  test('a bad file names its path in the problems', async () => {
    const file = await write('bad.yaml', 'bzzz: { http: { port: x } }')
    await expect(readConfig(smallTable, { file })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${file}:1:23: `),
    })
  })

  test('what cannot be read is told with its reason', async () => {
    const large = await write('large.yaml', `#${'x'.repeat(FILE_BYTES_MAX)}`)
    const binary = await write('binary.yaml', new Uint8Array([0xff, 0xfe, 0x00]))
    for (const [file, reason] of [
      [join(directory, 'none.yaml'), 'no such file'],
      [directory, 'not a regular file'],
      [large, 'more than 256 KiB'],
      [binary, 'not UTF-8'],
      ['/dev/zero', 'not a regular file'],
    ] as const)
      await expect(readConfig(smallTable, { file })).rejects.toMatchObject({
        code: 'CONFIG_FILE_UNREADABLE',
        message: expect.stringContaining(reason),
      })
  })

  test('the largest file is read', async () => {
    const file = await write('full.yaml', `#${'x'.repeat(FILE_BYTES_MAX - 1)}`)
    await chmod(file, 0o400)
    expect((await readConfig(smallTable, { file })).config.port).toBe(4280)
  })
})

test('default data directory', () => {
  expect(defaultDataDirectory({}, '/home/a')).toBe('/home/a/.local/share/bzzz')
  expect(defaultDataDirectory({ XDG_DATA_HOME: '/x' }, '/home/a')).toBe('/x/bzzz')
  expect(defaultDataDirectory({ XDG_DATA_HOME: 'x' }, '/home/a')).toBe('/home/a/.local/share/bzzz')
})
