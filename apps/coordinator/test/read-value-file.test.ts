import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readValueFile } from '../src/cli/read-value-file.js'
import { temporaryDirectory } from './support/daemon.js'
import { runInProcess } from './support/in-process.js'

let directory: Awaited<ReturnType<typeof temporaryDirectory>>

beforeAll(async () => {
  directory = await temporaryDirectory()
})

afterAll(async () => {
  await directory[Symbol.asyncDispose]()
})

const { signal } = new AbortController()

describe('the file of a value', () => {
  test('up to 1 MiB, and not a byte more', async () => {
    const file = join(directory.path, 'value')
    const bytes = Buffer.alloc(1024 * 1024, 7)
    await writeFile(file, bytes)
    expect(Buffer.from(await readValueFile(file, signal)).equals(bytes)).toBe(true)
    await writeFile(file, Buffer.alloc(1024 * 1024 + 1))
    await expect(readValueFile(file, signal)).rejects.toMatchObject({ code: 'API_BODY_TOO_LARGE' })
    await expect(readValueFile(file, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test('a file of /proc, whose size is 0, is read all the same', async () => {
    expect(Buffer.from(await readValueFile('/proc/self/status', signal)).toString()).toContain(
      'Pid:',
    )
  })

  test('a pipe, a device, a directory and nothing are wrong usage', async () => {
    const pipe = join(directory.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of [pipe, '/dev/null', directory.path, join(directory.path, 'none')]) {
      const result = await runInProcess(['put', 'k', '--file', path, '--json'])
      expect(result).toMatchObject({ code: 2, stdout: '' })
      expect(JSON.parse(result.stderr)).toMatchObject({
        error: { code: 'CLI_USAGE', message: expect.stringContaining(path) },
      })
    }
  })
})
