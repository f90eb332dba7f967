import { readdir, readFile, stat } from 'node:fs/promises'
import { execFile, spawn } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { codeOf, fromUtf8, utf8 } from '@bzzz/base'
import {
  BZZZ_BIN,
  cleanEnvironment,
  type CoordinatorProcess,
} from '../src/process/coordinator-process.js'
import { forEachOf } from '../src/import/pool.js'
import { waitFor } from '../src/process/wait-for.js'
import { clientOf } from './support/client.js'
import { bzzz, startDaemon, temporaryDirectory } from './support/daemon.js'

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Writes without a pause until the coordinator takes no more; returns what was acknowledged. */
const writeUntilClosed = async (
  daemon: CoordinatorProcess,
  lanes: number,
  onWrite: (count: number) => void,
): Promise<readonly string[]> => {
  const client = await clientOf(daemon)
  const acknowledged: string[] = []
  const lane = async (name: number): Promise<void> => {
    for (let at = 0; ; at++) {
      const key = `load/${name}/${at}`
      try {
        const { outcome } = await client.call('put', { key, value: utf8(key) })
        if (outcome === 'acknowledged') acknowledged.push(key)
        onWrite(acknowledged.length)
      } catch (error) {
        // Refused, closed or cut: in each case nothing was promised.
        expect(['API_UNREACHABLE', 'COORDINATOR_STOPPING']).toContain(codeOf(error))
        return
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, name) => lane(name)))
  return acknowledged
}

/** Starts again on the data, and reads every key. Returns those that are missing or wrong. */
const findLost = async (directory: string, keys: readonly string[]): Promise<readonly string[]> => {
  await using again = await startDaemon(directory)
  const client = await clientOf(again)
  const lost: string[] = []
  await forEachOf(Readable.from(keys) as AsyncIterable<string>, 8, async (key) => {
    const value = await client.call('get', { key }).then(
      (record) => fromUtf8(record.value),
      () => undefined,
    )
    if (value !== key) lost.push(key)
  })
  return lost
}

describe.each(['SIGTERM', 'SIGKILL'] as const)('%s under write load', (signal) => {
  test('loses nothing that was acknowledged', async () => {
    await using directory = await temporaryDirectory()
    const daemon = await startDaemon(directory.path)
    const enough = Promise.withResolvers<void>()
    const writing = writeUntilClosed(daemon, 8, (count) => {
      if (count >= 200) enough.resolve()
    })
    await Promise.race([enough.promise, writing])
    const exit = await daemon.end(signal)
    const acknowledged = await writing
    expect(acknowledged.length).toBeGreaterThanOrEqual(200)
    expect(exit).toEqual(signal === 'SIGKILL' ? { code: null, signal } : { code: 0, signal: null })
    // A clean end takes its trace away, a killed one cannot.
    const runtime = join(directory.path, 'coordinator.json')
    expect(await exists(runtime)).toBe(signal === 'SIGKILL')
    expect(await findLost(directory.path, acknowledged)).toEqual([])
  })
})

describe('the end', () => {
  test('a second signal does not wait for the first one’s work', async () => {
    await using directory = await temporaryDirectory()
    const daemon = await startDaemon(directory.path)
    // A request whose body never ends keeps the first signal waiting for its time-out of 10 s.
    const token = (await readFile(join(directory.path, 'token'), 'utf8')).trim()
    const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1')
    socket.on('error', () => {})
    const head = `PUT /v1/records/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`
    const continued = new Promise((resolve) => socket.once('data', resolve))
    socket.write(head)
    await continued
    process.kill(daemon.pid, 'SIGTERM')
    await waitFor('the door closed', async () =>
      fetch(`${daemon.url}/readyz`).then(
        (answer) => answer.status === 503,
        () => true,
      ),
    )
    const exit = await daemon.end('SIGTERM')
    // Had it waited for the first signal's work, it would have ended with 0.
    expect(exit.code).toBe(143)
    socket.destroy()
  })

  test('it stops when the process that watches over it goes away', async () => {
    await using directory = await temporaryDirectory()
    await using daemon = await startDaemon(directory.path)
    daemon.release()
    expect(await daemon.exited).toEqual({ code: 0, signal: null })
  })
})

describe('an error that nobody expected', () => {
  test('ends the process with 1 and is on standard error', async () => {
    await using directory = await temporaryDirectory()
    const bug = 'setTimeout(() => Promise.reject(new Error("boom")), 50)'
    const result = await bzzz(['start', '--http-port', '0'], {
      env: {
        BZZZ_DATA_DIRECTORY: directory.path,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}`,
      },
    })
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('boom') })
  })
})

/** A port that another program listens on. */
const takenPort = async (): Promise<AsyncDisposable & { readonly port: number }> => {
  const other = createServer()
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve)
  })
  const { port } = other.address() as AddressInfo
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        other.close(() => {
          resolve()
        })
      }),
  }
}

describe('a start that fails', () => {
  test('a data directory in use: says by whom, and leaves the first one alone', async () => {
    await using directory = await temporaryDirectory()
    await using daemon = await startDaemon(directory.path)
    const second = await bzzz(['start', '--json', '--http-port', '0'], {
      env: { BZZZ_DATA_DIRECTORY: directory.path },
    })
    expect(second).toMatchObject({ code: 1, stdout: '' })
    const { error } = JSON.parse(second.stderr) as { error: Record<string, string> }
    expect(error.code).toBe('COORDINATOR_RUNNING')
    expect(error.message).toContain(String(daemon.pid))
    expect(error.message).toContain(daemon.url)
    expect(error.remedy).toContain('--data-directory')
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200)
    expect(await exists(join(directory.path, 'coordinator.json'))).toBe(true)
  })

  test('also where records are in memory only', async () => {
    await using directory = await temporaryDirectory()
    const env = { BZZZ_STORE_DURABILITY: 'memory', BZZZ_DATA_DIRECTORY: directory.path }
    await using daemon = await startDaemon(directory.path, { env })
    const second = await bzzz(['start', '--http-port', '0'], { env })
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(String(daemon.pid))
  })

  test('a port in use: says which, and how to choose another; nothing stays behind', async () => {
    await using directory = await temporaryDirectory()
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve)
    })
    const { port } = other.address() as AddressInfo
    const env = { BZZZ_DATA_DIRECTORY: directory.path }
    const result = await bzzz(['start', '--http-port', String(port)], { env })
    expect(result.code).toBe(1)
    expect(result.stderr).toContain(`127.0.0.1:${port}`)
    expect(result.stderr).toContain('--http-port')
    expect(result.stderr).not.toMatch(/\n\s+at /)
    other.close()
    await using daemon = await startDaemon(directory.path, {
      env: { BZZZ_HTTP_PORT: String(port) },
    })
    expect(daemon.url).toBe(`http://127.0.0.1:${port}`)
  })

  test('a libp2p port in use is told as well, and the HTTP port is free again', async () => {
    await using directory = await temporaryDirectory()
    await using other = await takenPort()
    const result = await bzzz(
      ['start', '--http-port', '0', '--listen', `/ip4/127.0.0.1/tcp/${other.port}`],
      { env: { BZZZ_DATA_DIRECTORY: directory.path, BZZZ_DHT_MODE: 'real' } },
    )
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('HYBRID_START_FAILED')
    expect(result.stderr).toContain('HOST_PORT_IN_USE')
    expect(result.stderr).toContain(String(other.port))
    expect(await exists(join(directory.path, 'coordinator.json'))).toBe(false)
  })

  test('in mode hybrid the store serves instead, degraded, and says why', async () => {
    await using directory = await temporaryDirectory()
    const other = await takenPort()
    await using daemon = await startDaemon(directory.path, {
      env: { BZZZ_DHT_MODE: 'hybrid', BZZZ_LIBP2P_LISTEN: `/ip4/127.0.0.1/tcp/${other.port}` },
    })
    const client = await clientOf(daemon)
    const receipt = await client.call('put', { key: 'k', value: utf8('v') })
    expect(receipt).toMatchObject({ outcome: 'acknowledged', level: 'local' })
    const status = await client.call('status', {})
    expect(status.components?.[0]).toMatchObject({ mode: 'hybrid', serving: 'store' })
    expect(status.components?.[0]?.reason).toContain(String(other.port))
    expect(status.health.find(({ component }) => component === 'dht')?.status).toBe('degraded')

    // Tried again, until the port is free.
    await other[Symbol.asyncDispose]()
    await waitFor('real serving', async () => {
      const { components } = await client.call('mode', {})
      return components[0]?.serving === 'real'
    })
  })
})

describe('a start that succeeds', () => {
  test('prints what runs and commands that work as printed', async () => {
    await using directory = await temporaryDirectory()
    const { npm_lifecycle_event: _, ...env } = cleanEnvironment()
    const data = join(directory.path, 'with space')
    const child = spawn(
      process.execPath,
      [BZZZ_BIN, 'start', '--http-port', '0', '--data-directory', data],
      { env, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    try {
      let banner = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (banner += text))
      await waitFor('the banner', () => banner.includes('Ctrl-C'))
      const printed = [...banner.matchAll(/^ {2}bzzz ((?:put|get|status).*)$/gm)]
      expect(printed).toHaveLength(3)
      for (const [, args] of printed) {
        const line = `"${process.execPath}" "${BZZZ_BIN}" ${args}`
        const code = await new Promise((resolve) => {
          execFile('sh', ['-c', line], { env }, (error) => {
            resolve(error === null ? 0 : error.code)
          })
        })
        expect({ line, code }).toEqual({ line, code: 0 })
      }
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('keeps secrets to itself: nobody else may read what it makes', async () => {
    await using directory = await temporaryDirectory()
    const data = join(directory.path, 'data')
    await using daemon = await startDaemon(data)
    expect(daemon.dataDirectory).toBe(data)
    expect((await stat(data)).mode & 0o777).toBe(0o700)
    for (const name of ['identity.key', 'token', 'coordinator.json'])
      expect((await stat(join(data, name))).mode & 0o777).toBe(0o600)
    expect((await stat(join(data, 'store'))).mode & 0o777).toBe(0o700)
    expect((await readdir(data)).filter((name) => name.includes('.tmp'))).toEqual([])
  })
})
