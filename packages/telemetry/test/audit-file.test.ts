import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { openAuditFile, verifyAuditFile } from '../src/node/index.js'
import { actionOf, inTemporary, readLines } from './audit-support.js'

const code = (name: string): object => ({ code: name })

describe('an audit file', () => {
  test('holds one JSON line per entry, each with the hash of the line before', async () => {
    await inTemporary(async (path) => {
      await using file = await openAuditFile(path)
      await file.append(actionOf('mode-set', { mode: 'hybrid', percent: 10 }))
      await file.append(actionOf('drill-started'))
      const lines = await readLines(path)
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        {
          seq: 1,
          prev: '0'.repeat(64),
          action: 'mode-set',
          detail: { mode: 'hybrid', percent: 10 },
        },
        { seq: 2, action: 'drill-started', actor: 'admin', component: 'dht', atMs: 5 },
      ])
      expect(await verifyAuditFile(path, { head: file.head })).toMatchObject({
        isIntact: true,
        entries: 2,
        first: 1,
        head: file.head,
      })
      expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    })
  })

  test('goes on after a new start', async () => {
    await inTemporary(async (path) => {
      for (const action of ['first', 'second', 'third']) {
        await using file = await openAuditFile(path)
        await file.append(actionOf(action))
      }
      expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, entries: 3 })
    })
  })

  test('keeps the order of the calls', async () => {
    await inTemporary(async (path) => {
      await using file = await openAuditFile(path)
      const actions = Array.from({ length: 200 }, (_, i) => `action-${String(i)}`)
      await Promise.all(actions.map((action) => file.append(actionOf(action))))
      const written = (await readLines(path)).map(
        (line) => (JSON.parse(line) as { action: string }).action,
      )
      expect(written).toEqual(actions)
    })
  })

  test('syncs before it answers, once for all that came while it synced', async () => {
    await inTemporary(async (path) => {
      await using file = await openAuditFile(path)
      await using probe = await open(path)
      const syncs = jest.spyOn(Object.getPrototypeOf(probe) as FileHandle, 'datasync')
      try {
        await file.append(actionOf('alone'))
        expect(syncs).toHaveBeenCalledTimes(1)
        await Promise.all(Array.from({ length: 50 }, () => file.append(actionOf('together'))))
        expect(syncs).toHaveBeenCalledTimes(2)
      } finally {
        syncs.mockRestore()
      }
    })
  })

  test('redacts secrets, and shows bytes by their length', async () => {
    await inTemporary(async (path) => {
      await using file = await openAuditFile(path)
      const detail = { token: 'hush-hush', value: new Uint8Array([104, 117]) as unknown as string }
      await file.append(actionOf('login', detail))
      expect((await readLines(path))[0]).toContain(
        '"detail":{"token":"[redacted]","value":"[2 bytes]"}',
      )
    })
  })

  test('is put aside by size, and only so many files are kept, in one chain', async () => {
    await inTemporary(async (path, directory) => {
      await using file = await openAuditFile(path, { bytesMax: 1000, filesMax: 2 })
      for (let i = 0; i < 40; i++) await file.append(actionOf(`action-${String(i)}`))
      const names = await readdir(directory)
      expect(names).toHaveLength(3)
      for (const name of names)
        expect((await stat(join(directory, name))).size).toBeLessThanOrEqual(1000)
      const report = await verifyAuditFile(path, { head: file.head })
      expect(report).toMatchObject({ isIntact: true, files: 3, head: { seq: 40 } })
      expect(report.first).toBe(40 - report.entries + 1)
      await file.close()
      // Between the two steps of putting a file aside, there is none.
      await rename(path, `${path}.${String(report.head?.seq).padStart(16, '0')}`)
      await expect(verifyAuditFile(path)).resolves.toMatchObject({ isIntact: false })
    })
  })

  test('goes on in a new file when the last was just put aside', async () => {
    await inTemporary(async (path) => {
      {
        await using file = await openAuditFile(path)
        await file.append(actionOf('first'))
      }
      await rename(path, `${path}.${'1'.padStart(16, '0')}`)
      await using file = await openAuditFile(path)
      await file.append(actionOf('second'))
      expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, entries: 2, files: 2 })
    })
  })

  test('drops a line that a crash cut off, and says so', async () => {
    await inTemporary(async (path) => {
      {
        await using file = await openAuditFile(path)
        await file.append(actionOf('first'))
      }
      await appendFile(path, '{"seq":2,"prev":"')
      expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, tornBytes: 17 })
      await using file = await openAuditFile(path, { clock: new ManualClock(7) })
      await file.append(actionOf('second'))
      expect((await readLines(path)).map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { action: 'first' },
        { action: 'torn-line-dropped', detail: { droppedBytes: 17 }, atMs: 7 },
        { action: 'second' },
      ])
      expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, tornBytes: 0 })
    })
  })
})

describe('an audit file is refused', () => {
  test('when others may use it, when it is a link, or no file', async () => {
    await inTemporary(async (path, directory) => {
      await writeFile(path, '', { mode: 0o600 })
      await chmod(path, 0o640)
      await expect(openAuditFile(path)).rejects.toMatchObject(code('AUDIT_FILE_UNSAFE'))
      await chmod(path, 0o600)
      const link = join(directory, 'link.jsonl')
      await symlink(path, link)
      await expect(openAuditFile(link)).rejects.toMatchObject(code('AUDIT_FILE_UNSAFE'))
      await expect(openAuditFile('/dev/null')).rejects.toMatchObject({
        code: 'AUDIT_FILE_UNSAFE',
        message: 'null is not a regular file',
      })
      await mkdir(join(directory, 'folder'))
      await expect(openAuditFile(join(directory, 'folder'))).rejects.toMatchObject(
        code('AUDIT_UNAVAILABLE'),
      )
      await expect(openAuditFile(join(directory, 'none', 'a'))).rejects.toMatchObject(
        code('AUDIT_UNAVAILABLE'),
      )
    })
  })

  test('when its chain is broken', async () => {
    await inTemporary(async (path) => {
      {
        await using file = await openAuditFile(path)
        for (const action of ['first', 'second', 'third']) await file.append(actionOf(action))
      }
      const lines = await readLines(path)
      await writeFile(path, `${[lines[0], lines[2]].join('\n')}\n`)
      await expect(openAuditFile(path)).rejects.toMatchObject({
        code: 'AUDIT_FILE_BROKEN',
        message: 'audit.jsonl: line 2 has the number 3 after 1',
      })
    })
  })

  test('when somebody touches it while it is open', async () => {
    const touches = {
      append: (path: string) => appendFile(path, 'more\n'),
      cut: (path: string) => truncate(path, 0),
      remove: (path: string) => unlink(path),
    }
    for (const [name, touch] of Object.entries(touches))
      await inTemporary(async (path) => {
        const clock = new ManualClock()
        await using file = await openAuditFile(path, { clock })
        await file.append(actionOf('first'))
        await touch(path)
        await expect(file.append(actionOf(name))).rejects.toMatchObject(code('AUDIT_FILE_BROKEN'))
        clock.advance(1000)
        await expect(file.append(actionOf(name))).rejects.toMatchObject(code('AUDIT_FILE_BROKEN'))
      })
  })

  test('an entry that is too long, one too many at once, and any after the end', async () => {
    await inTemporary(async (path) => {
      const file = await openAuditFile(path)
      const long = Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`field${String(i)}`, 'x'.repeat(2000)]),
      )
      await expect(file.append(actionOf('long', long))).rejects.toMatchObject(
        code('AUDIT_ENTRY_INVALID'),
      )
      const wide = Object.fromEntries(
        Array.from({ length: 25 }, (_, i) => [`field${String(i)}`, 'x'.repeat(2000)]),
      )
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => file.append(actionOf('wide', wide))),
      )
      const refused = outcomes.filter(({ status }) => status === 'rejected')
      expect(refused.length).toBeGreaterThan(10)
      expect(refused.length).toBeLessThan(30)
      expect(refused[0]).toMatchObject({ reason: { code: 'AUDIT_BUSY' } })
      await file.close()
      await expect(file.append(actionOf('late'))).rejects.toMatchObject(code('NOT_STARTED'))
      expect(await verifyAuditFile(path)).toMatchObject({
        isIntact: true,
        entries: 100 - refused.length,
      })
    })
  })

  test('bounds that make no sense', async () => {
    await inTemporary(async (path) => {
      await expect(openAuditFile(path, { bytesMax: 0 })).rejects.toMatchObject(
        code('INVALID_ARGUMENT'),
      )
      await expect(openAuditFile(path, { filesMax: 0 })).rejects.toMatchObject(
        code('INVALID_ARGUMENT'),
      )
    })
  })
})

test('after a failure the log is read again, and goes on where it ends', async () => {
  await inTemporary(async (path, directory) => {
    const clock = new ManualClock()
    await using file = await openAuditFile(path, { clock, bytesMax: 1 })
    await file.append(actionOf('first'))
    // It cannot be put aside: a folder has the name.
    const taken = `${path}.${'1'.padStart(16, '0')}`
    await mkdir(join(taken, 'full'), { recursive: true })
    await expect(file.append(actionOf('second'))).rejects.toMatchObject(code('AUDIT_UNAVAILABLE'))
    await rename(taken, join(directory, 'elsewhere'))
    // Not yet: a disk that fails is not read again at every call.
    await expect(file.append(actionOf('third'))).rejects.toMatchObject(code('AUDIT_UNAVAILABLE'))
    clock.advance(1000)
    await file.append(actionOf('fourth'))
    expect(await verifyAuditFile(path, { head: file.head })).toMatchObject({
      isIntact: true,
      entries: 2,
    })
  })
})
