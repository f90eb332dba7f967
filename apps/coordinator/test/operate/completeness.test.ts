import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { completenessIn } from '../../src/data/completeness-file.js'
import { temporaryDirectory } from '../support/daemon.js'

test('what is known of a store outlasts a restart, in a file of its owner alone', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'completeness')
  expect(await completenessIn(file).load()).toBe(true)
  await completenessIn(file).save(false)
  expect(await completenessIn(file).load()).toBe(false)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await completenessIn(file).save(true)
  expect(await completenessIn(file).load()).toBe(true)
})

test('a file that says anything else counts as incomplete, and one that others may write is refused', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'completeness')
  for (const text of ['', 'complete', 'complete\ncomplete\n', '{']) {
    await writeFile(file, text, { mode: 0o600 })
    expect(await completenessIn(file).load()).toBe(false)
  }
  await chmod(file, 0o644)
  await expect(completenessIn(file).load()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNSAFE' })
  expect(await readFile(file, 'utf8')).toBe('{')
})
