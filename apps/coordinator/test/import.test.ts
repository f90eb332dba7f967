import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { waitFor } from '../src/process/wait-for.js'
import { importDirectory, type ImportTarget } from '../src/import/import-directory.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bzzz-import-'))
})

afterEach(async () => {
  await chmod(join(directory, 'closed'), 0o700).catch(() => {})
  await rm(directory, { recursive: true, force: true })
})

const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(join(directory, path, '..'), { recursive: true })
  await writeFile(join(directory, path), content)
}

/** A coordinator in memory that knows operation ids, as the real one does. */
const fakeTarget = () => {
  const records = new Map<string, { value: Uint8Array; version: string }>()
  const operations = new Set<string>()
  const state = {
    puts: 0,
    inFlight: 0,
    mostInFlight: 0,
    gate: Promise.resolve(),
    fail: (_key: string) => false,
  }
  const target: ImportTarget = {
    get: (key) => Promise.resolve(records.get(key)),
    put: async (key, value, opId) => {
      state.inFlight += 1
      state.mostInFlight = Math.max(state.mostInFlight, state.inFlight)
      await state.gate
      state.inFlight -= 1
      if (state.fail(key)) throw Object.assign(new Error('no quorum'), { code: 'DHT_UNAVAILABLE' })
      state.puts += 1
      if (!operations.has(opId)) records.set(key, { value, version: `v${state.puts}` })
      operations.add(opId)
      return { outcome: 'acknowledged' }
    },
  }
  return { target, records, state }
}

describe('what is imported', () => {
  test('files below the directory, under their path; the rest is left out with its reason', async () => {
    await put('readme.md', 'hello')
    await put('deep/er/data.bin', new Uint8Array([0, 255, 1]))
    await put('empty', '')
    await put('.env', 'SECRET=1')
    await put('.git/config', 'x')
    await put('node_modules/x/index.js', 'x')
    await put('big', '')
    await truncate(join(directory, 'big'), 1024 * 1024 + 1)
    await put('limit', '')
    await truncate(join(directory, 'limit'), 1024 * 1024)
    await symlink('/etc/passwd', join(directory, 'link'))
    const { target, records } = fakeTarget()

    const report = await importDirectory({ directory, prefix: 'docs', target })

    expect([...records.keys()].toSorted()).toEqual([
      'docs/deep/er/data.bin',
      'docs/empty',
      'docs/limit',
      'docs/readme.md',
    ])
    expect(records.get('docs/deep/er/data.bin')?.value).toEqual(new Uint8Array([0, 255, 1]))
    expect(report).toMatchObject({ imported: 4, unchanged: 0, pending: 0, failed: [] })
    expect(report.bytes).toBe(5 + 3 + 1024 * 1024)
    expect(report.skipped).toEqual([
      { path: '.env', reason: 'hidden' },
      { path: '.git', reason: '.git is never imported' },
      { path: 'big', reason: '1048577 bytes: a value holds at most 1048576' },
      { path: 'link', reason: 'symbolic link' },
      { path: 'node_modules', reason: 'node_modules is never imported' },
    ])
  })

  test('hidden files on request, but never .git', async () => {
    await put('.env', 'x')
    await put('.git/config', 'x')
    const { target, records } = fakeTarget()
    await importDirectory({ directory, prefix: '', target, hidden: true })
    expect([...records.keys()]).toEqual(['.env'])
  })

  test('a key over the limit is told, not cut', async () => {
    await put('a', 'x')
    const { target } = fakeTarget()
    const report = await importDirectory({ directory, prefix: 'k'.repeat(1023), target })
    expect(report.skipped).toEqual([{ path: 'a', reason: 'its key is over 1024 bytes' }])
  })

  test('a directory that is not there is an error', async () => {
    const { target } = fakeTarget()
    await expect(
      importDirectory({ directory: join(directory, 'nowhere'), prefix: '', target }),
    ).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('running it again', () => {
  test('writes nothing that is there already', async () => {
    await put('a', '1')
    await put('b', '2')
    const { target, state } = fakeTarget()
    await importDirectory({ directory, prefix: '', target })
    const again = await importDirectory({ directory, prefix: '', target })
    expect(again).toMatchObject({ imported: 0, unchanged: 2, bytes: 2 })
    expect(state.puts).toBe(2)
  })

  test('goes on after failures, which did not stop the others', async () => {
    for (const name of ['a', 'b', 'c']) await put(name, name)
    const { target, state, records } = fakeTarget()
    state.fail = (key) => key === 'b'
    const first = await importDirectory({ directory, prefix: '', target })
    expect(first).toMatchObject({
      imported: 2,
      failed: [{ path: 'b', code: 'DHT_UNAVAILABLE', message: 'no quorum' }],
    })
    state.fail = () => false
    expect(await importDirectory({ directory, prefix: '', target })).toMatchObject({
      imported: 1,
      unchanged: 2,
      failed: [],
    })
    expect(records.size).toBe(3)
  })

  test('a file that went back to an earlier content is written again', async () => {
    const { target, records } = fakeTarget()
    for (const content of ['one', 'two', 'one']) {
      await put('a', content)
      await importDirectory({ directory, prefix: '', target })
      expect(Buffer.from(records.get('a')?.value ?? []).toString()).toBe(content)
    }
  })
})

describe('its bounds', () => {
  test('at most so many files in flight, and all of them done', async () => {
    for (let i = 0; i < 40; i++) await put(`f${i}`, `${i}`)
    const { target, records, state } = fakeTarget()
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const importing = importDirectory({ directory, prefix: '', target, concurrency: 3 })
    await waitFor('three writes in flight', () => state.inFlight === 3, { everyMs: 1 })
    gate.resolve()
    await importing
    expect(records.size).toBe(40)
    expect(state.mostInFlight).toBe(3)
  })
})
