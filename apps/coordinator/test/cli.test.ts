import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { CoordinatorProcess } from '../src/process/coordinator-process.js'
import { bzzz, bzzzOn, startDaemon, temporaryDirectory, type CliResult } from './support/daemon.js'

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let daemon: CoordinatorProcess
let cli: ReturnType<typeof bzzzOn>

beforeAll(async () => {
  directory = await temporaryDirectory()
  const data = join(directory.path, 'data')
  daemon = await startDaemon(data)
  cli = bzzzOn(data)
})

afterAll(async () => {
  await daemon.end('SIGTERM')
  await directory[Symbol.asyncDispose]()
})

const json = (result: CliResult): Record<string, unknown> => {
  expect(result.stdout.trim().split('\n')).toHaveLength(1)
  return JSON.parse(result.stdout) as Record<string, unknown>
}

const errorIn = ({ stderr }: CliResult): Record<string, unknown> =>
  (JSON.parse(stderr) as { error: Record<string, unknown> }).error

describe('records', () => {
  test('put, get, put again, delete, and gone', async () => {
    const put = await cli(['put', 'notes/plan', 'ship on Friday'])
    expect(put).toMatchObject({ code: 0, stderr: '' })
    expect(put.stdout).toMatch(
      /^written notes\/plan: on 1 of 1 replica, synced to disk \(level local\)\n/,
    )
    // Into a pipe goes the value and nothing else.
    expect(await cli(['get', 'notes/plan'])).toEqual({
      code: 0,
      stdout: 'ship on Friday',
      stderr: '',
    })
    await cli(['put', 'notes/plan', 'ship on Monday'])
    expect((await cli(['get', 'notes/plan'])).stdout).toBe('ship on Monday')
    expect((await cli(['del', 'notes/plan'])).code).toBe(0)
    const gone = await cli(['get', 'notes/plan'])
    expect(gone).toMatchObject({ code: 3, stdout: '' })
    expect(gone.stderr).toContain('API_RECORD_NOT_FOUND')
  })

  test('--json: one line with the result, or one with the error', async () => {
    expect(json(await cli(['put', 'j', 'x', '--json']))).toMatchObject({
      key: 'j',
      outcome: 'acknowledged',
      // The embedded side's word: nobody else holds it.
      level: 'local',
      replicas: 1,
      durability: 'disk',
    })
    const found = json(await cli(['get', 'j', '--json']))
    expect(found).toMatchObject({ key: 'j', value: 'x', encoding: 'utf8' })
    expect(json(await cli(['del', 'j', '--json']))).toMatchObject({ outcome: 'acknowledged' })
    const gone = await cli(['get', 'j', '--json'])
    expect(gone).toMatchObject({ code: 3, stdout: '' })
    expect(errorIn(gone)).toMatchObject({
      code: 'API_RECORD_NOT_FOUND',
      message: expect.any(String),
      remedy: expect.any(String),
    })
  })

  test('values from a file and from standard input, byte for byte', async () => {
    const bytes = Buffer.from([0, 1, 255, 10, 13, 0])
    const file = join(directory.path, 'value.bin')
    await writeFile(file, bytes)
    expect((await cli(['put', 'file', '--file', file])).code).toBe(0)
    expect((await cli(['put', 'input', '-'], { input: bytes })).code).toBe(0)
    for (const key of ['file', 'input'])
      expect(json(await cli(['get', key, '--json']))).toMatchObject({
        value: bytes.toString('base64'),
        encoding: 'base64',
      })
  })

  test('a conditional write: exit code 5 where the version is another', async () => {
    const { version } = json(await cli(['put', 'cas', '1', '--if-version', 'absent', '--json']))
    expect((await cli(['put', 'cas', '2', '--if-version', String(version)])).code).toBe(0)
    const late = await cli(['put', 'cas', '3', '--if-version', String(version), '--json'])
    expect(late.code).toBe(5)
    expect(errorIn(late).code).toBe('DHT_CONFLICT')
  })

  test('a repeated operation takes effect once', async () => {
    const args = ['put', 'once', 'x', '--op-id', 'op-1', '--json']
    const first = json(await cli(args))
    expect(json(await cli(args)).version).toBe(first.version)
  })

  test('more replicas than there are: pending, and exit code 4', async () => {
    const result = await cli(['put', 'many', 'x', '--level', '3', '--timeout-ms', '50', '--json'])
    expect(result.code).toBe(4)
    expect(json(result)).toMatchObject({ outcome: 'pending', level: '3' })
    expect((await cli(['get', 'many'])).stdout).toBe('x')
    const text = await cli(['put', 'many', 'y', '--level', '3', '--timeout-ms', '50'])
    expect(text.stdout).toContain('3 were asked for, and there are no more; this node keeps')
    expect(text.stdout).not.toContain('sending')
  })
})

describe('what runs', () => {
  test('status, for people and for programs', async () => {
    const text = await cli(['status'])
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/^ready\n/)
    expect(text.stdout).toContain(daemon.peerId)
    expect(text.stdout).not.toContain('\u001B')
    const status = json(await cli(['status', '--json']))
    expect(status).toMatchObject({
      peerId: daemon.peerId,
      backend: 'mock',
      ready: true,
      durability: 'disk',
      httpAddress: daemon.url,
      dataDirectory: join(directory.path, 'data'),
      peers: { connected: 0, suspect: 0, disconnected: 0 },
      bootstrap: [],
    })
    expect(status.health).toContainEqual({
      component: 'dht',
      backend: 'mock',
      status: 'healthy',
      last_check: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      error_count: 0,
      latency_ms: expect.any(Number),
      serving: 'store',
      phase: 'local',
      mode: { mode: 'mock', percent: 100 },
    })
  })

  test('peers and identity', async () => {
    expect((await cli(['peers'])).stdout).toBe('no other node is known\n')
    expect(json(await cli(['peers', '--json']))).toEqual({ peerId: daemon.peerId, peers: [] })
    expect(json(await cli(['identity', '--json']))).toMatchObject({
      peerId: daemon.peerId,
      contract: 'dht/1',
      multiaddrs: [],
    })
  })

  test('settings: what holds here, and what the running coordinator has', async () => {
    const { settings: here } = json(
      await cli(['config', 'explain', '--http-port', '4999', '--json']),
    )
    expect(here).toContainEqual(
      expect.objectContaining({ path: 'bzzz.http.port', value: '4999', source: 'flag' }),
    )
    const { settings: running } = json(await cli(['config', 'explain', '--running', '--json']))
    expect(running).toContainEqual(
      expect.objectContaining({ path: 'bzzz.http.port', value: '0', source: 'env' }),
    )
    expect((await cli(['config', 'explain'])).stdout).toMatch(/bzzz\.http\.port +4280 +default/)
  })

  test('another coordinator by its address, with its token from a file', async () => {
    const nowhere = { env: { BZZZ_DATA_DIRECTORY: join(directory.path, 'nowhere') } }
    expect(json(await bzzz(['identity', '--url', daemon.url, '--json'], nowhere))).toMatchObject({
      peerId: daemon.peerId,
    })
    expect((await bzzz(['put', 'k', 'v', '--url', daemon.url], nowhere)).code).toBe(6)
    const tokenFile = join(directory.path, 'data', 'token')
    const args = ['put', 'k', 'v', '--url', daemon.url, '--token-file', tokenFile]
    expect((await bzzz(args, nowhere)).code).toBe(0)
    // The token of the local data directory does not follow an address.
    expect((await cli(['put', 'k', 'v', '--url', daemon.url])).code).toBe(6)
  })
})

describe('import', () => {
  test('a directory, its report, and again', async () => {
    const source = join(directory.path, 'source')
    await mkdir(join(source, 'deep'), { recursive: true })
    await writeFile(join(source, 'a.md'), '# A\n')
    await writeFile(join(source, 'deep', 'b.bin'), Buffer.from([0, 255]))
    await writeFile(join(source, '.secret'), 'x')
    const first = json(await cli(['import', source, '--prefix', 'docs', '--json']))
    expect(first).toMatchObject({
      imported: 2,
      unchanged: 0,
      skipped: [{ path: '.secret', reason: 'hidden' }],
      failed: [],
    })
    expect((await cli(['get', 'docs/a.md'])).stdout).toBe('# A\n')
    const again = await cli(['import', 'source', '--prefix', 'docs'], { cwd: directory.path })
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0 imported, 2 unchanged, 1 skipped/),
    })
    // Without a prefix, the name of the directory is it.
    expect((await cli(['import', source])).code).toBe(0)
    expect((await cli(['get', 'source/a.md'])).stdout).toBe('# A\n')
  })

  test('what is no directory is wrong usage', async () => {
    const result = await cli(['import', join(directory.path, 'none'), '--json'])
    expect(result.code).toBe(2)
    expect(errorIn(result).code).toBe('CLI_USAGE')
  })
})

describe('nothing running', () => {
  test('is told with what to do, exit code 4', async () => {
    await using empty = await temporaryDirectory()
    const result = await bzzzOn(empty.path)(['status'])
    expect(result.code).toBe(4)
    expect(result.stderr).toContain('bzzz start')
  })

  test('and neither is a coordinator that was killed', async () => {
    await using other = await temporaryDirectory()
    const killed = await startDaemon(other.path)
    await killed.end('SIGKILL')
    const stale = await bzzzOn(other.path)(['status', '--json'])
    expect(stale.code).toBe(4)
    expect(errorIn(stale)).toMatchObject({
      code: 'COORDINATOR_NOT_RUNNING',
      message: expect.stringContaining(String(killed.pid)),
    })
    await rm(join(other.path, 'coordinator.json'))
    expect((await bzzzOn(other.path)(['status'])).code).toBe(4)
  })
})
