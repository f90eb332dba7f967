import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { ManualClock, systemClock, systemRandom } from '@bzzz/base'
import { lockDirectory } from '@bzzz/store/node'
import { openDataDirectory } from '../src/data/data-directory.js'
import { DirectoryLock } from '../src/data/directory-lock.js'
import { isLockHeld } from '../src/data/lock-probe.js'
import { readPrivateFile } from '../src/data/private-file.js'
import { readPskFile } from '../src/data/psk-file.js'
import { isRunning, readRuntime, removeRuntime, writeRuntime } from '../src/data/runtime-file.js'
import { loadToken, readToken } from '../src/data/token-file.js'
import { waitFor } from '../src/process/wait-for.js'
import { bzzz } from './support/daemon.js'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bzzz-data-'))
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('the data directory', () => {
  test('is made with its store, for its owner alone', async () => {
    const directory = await openDataDirectory(join(root, 'a', 'b'))
    expect(await modeOf(directory.path)).toBe(0o700)
    expect(await modeOf(directory.storePath)).toBe(0o700)
  })

  test('one that others may write to is refused', async () => {
    const path = join(root, 'shared')
    await mkdir(path)
    await chmod(path, 0o770)
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNSAFE' })
    await chmod(path, 0o755)
    await openDataDirectory(path)
    expect(await modeOf(path)).toBe(0o755)
  })

  test('a file in its place is told', async () => {
    await writeFile(join(root, 'file'), '')
    await expect(openDataDirectory(join(root, 'file'))).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNUSABLE',
      message: expect.stringContaining(join(root, 'file')),
    })
  })
})

describe('a directory that cannot be made', () => {
  // Run apart: Node's recursive form would never return, and could not be stopped in this process.
  test('is told, also where its parent exists and nothing can be made in it', async () => {
    const result = await bzzz(['start', '--json', '--data-directory', '/proc/bzzz/a/b'], {
      boundMs: 20_000,
    })
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('DATA_DIRECTORY_UNUSABLE')
  })

  test('a link to nowhere on the way', async () => {
    await symlink(join(root, 'nowhere', 'deep'), join(root, 'link'))
    await expect(openDataDirectory(join(root, 'link', 'a'))).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNUSABLE',
    })
  })
})

describe('the token', () => {
  test('is made once, 32 random bytes, 0600; two starts at once agree', async () => {
    const file = join(root, 'token')
    expect(await readToken(file)).toBeUndefined()
    const tokens = await Promise.all([1, 2, 3].map(() => loadToken(file, systemRandom)))
    expect(new Set(tokens).size).toBe(1)
    expect(Buffer.from(tokens[0] ?? '', 'base64url')).toHaveLength(32)
    expect(await modeOf(file)).toBe(0o600)
    expect(await loadToken(file, systemRandom)).toBe(tokens[0])
    await rm(file)
    expect(await loadToken(file, systemRandom)).not.toBe(tokens[0])
  })

  test('one that others may read is refused', async () => {
    const file = join(root, 'token')
    await loadToken(file, systemRandom)
    await chmod(file, 0o640)
    await expect(readToken(file)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNSAFE' })
  })

  test.each(['', 'short', 'x'.repeat(44), `${'x'.repeat(42)}!`, 'x'.repeat(100_000)])(
    'a file that holds %# something else is told, and not quoted',
    async (content) => {
      const file = join(root, 'token')
      await writeFile(file, content, { mode: 0o600 })
      const refusal = readToken(file)
      await expect(refusal).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
      await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('xxx') })
    },
  )
})

describe('a private file', () => {
  test('that is a link, a pipe or of another user is refused; the named one may be a link', async () => {
    const file = join(root, 'token')
    const link = join(root, 'link')
    const pipe = join(root, 'pipe')
    await writeFile(file, 'x', { mode: 0o600 })
    await symlink(file, link)
    execFileSync('mkfifo', ['-m', '600', pipe])
    await expect(readPrivateFile(link)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
    expect(await readPrivateFile(link, { followLinks: true })).toBe('x')
    await expect(readPrivateFile(pipe)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
    const { uid } = await stat(file)
    const getuid = jest.spyOn(process as { getuid: () => number }, 'getuid')
    getuid.mockReturnValue(uid + 1)
    await expect(readPrivateFile(file)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNSAFE' })
    getuid.mockRestore()
  })
})

describe('the runtime file', () => {
  const runtime = {
    pid: process.pid,
    url: 'http://127.0.0.1:4280',
    peerId: '12D3KooW',
    version: '1.0.0',
    startedAtMs: 1,
  }

  test('is read back, and removed by its owner only', async () => {
    const file = join(root, 'coordinator.json')
    expect(await readRuntime(file)).toBeUndefined()
    await writeRuntime(file, runtime)
    expect(await modeOf(file)).toBe(0o600)
    expect(await readRuntime(file)).toEqual(runtime)
    await removeRuntime(file, process.pid + 1)
    expect(await readRuntime(file)).toEqual(runtime)
    await removeRuntime(file, process.pid)
    await removeRuntime(file, process.pid)
    expect(await readRuntime(file)).toBeUndefined()
  })

  test.each(['', '{', '{"pid":"1"}', '[]'])('%p counts as none', async (content) => {
    const file = join(root, 'coordinator.json')
    await writeFile(file, content, { mode: 0o600 })
    expect(await readRuntime(file)).toBeUndefined()
  })

  test('a process that is gone is not running', () => {
    expect(isRunning(process.pid)).toBe(true)
    expect(isRunning(2 ** 22 + 1)).toBe(false)
  })

  test('neither is one of another user, which was given the id since', () => {
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    expect(isRunning(1)).toBe(false)
    kill.mockRestore()
  })

  test('a start removes the record that a killed one left, before it serves', async () => {
    const directory = await openDataDirectory(join(root, 'data'))
    await writeRuntime(directory.runtimeFile, runtime)
    await using lock = new DirectoryLock(directory, systemClock)
    await lock.start()
    expect(await readRuntime(directory.runtimeFile)).toBeUndefined()
  })

  test('a start waits out a command that asks whether the lock is held', async () => {
    const directory = await openDataDirectory(join(root, 'data'))
    expect(isLockHeld(directory.lockFile)).toBe(false)
    const unlock = lockDirectory(directory.path)
    expect(isLockHeld(directory.lockFile)).toBe(true)
    const clock = new ManualClock()
    await using lock = new DirectoryLock(directory, clock)
    const starting = lock.start()
    unlock()
    expect(isLockHeld(directory.lockFile)).toBe(false)
    await waitFor('the retry', () => clock.pendingTimers > 0, { everyMs: 1 })
    clock.advance(50)
    await starting
    expect(isLockHeld(directory.lockFile)).toBe(true)
  })
})

describe('the private network key', () => {
  const key = `/key/swarm/psk/1.0.0/\n/base16/\n${'0f'.repeat(32)}\n`

  test('is read in the format of libp2p', async () => {
    const file = join(root, 'swarm.key')
    await writeFile(file, key, { mode: 0o600 })
    expect(await readPskFile(file)).toEqual(new Uint8Array(32).fill(15))
  })

  test.each([
    ['exposed', key, 0o644, 'DATA_DIRECTORY_UNSAFE'],
    ['cut', key.slice(0, -3), 0o600, 'PSK_INVALID'],
    ['of another kind', key.replace('base16', 'base64'), 0o600, 'PSK_INVALID'],
  ])('%s: refused', async (_name, content, mode, code) => {
    const file = join(root, 'swarm.key')
    await writeFile(file, content, { mode })
    await expect(readPskFile(file)).rejects.toMatchObject({ code })
    await expect(readPskFile(join(root, 'none'))).rejects.toMatchObject({ code: 'PSK_INVALID' })
    expect(await readFile(file, 'utf8')).toBe(content)
  })
})
