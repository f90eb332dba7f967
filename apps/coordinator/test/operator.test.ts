import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { operationNames, operations, type Client } from '@bzzz/api'
import { apiError } from '@bzzz/api'
import { fromUtf8, systemClock, systemRandom, utf8, type Clock } from '@bzzz/base'
import { coordinatorFields, loadConfig } from '@bzzz/config'
import { dhtError } from '@bzzz/dht-core'
import { hybridError } from '@bzzz/hybrid'
import { silentLogger } from '@bzzz/telemetry'
import { verifyAuditFile } from '@bzzz/telemetry/node'
import { connectTo } from '../src/cli/connect.js'
import { settingsOf } from '../src/cli/load-settings.js'
import { Coordinator } from '../src/coordinator.js'
import { coordinatorError } from '../src/errors.js'
import { waitFor } from '../src/process/wait-for.js'
import { temporaryDirectory } from './support/daemon.js'
import { listen } from './support/events.js'
import { coordinatorIn, fakeIo, runInProcess } from './support/in-process.js'
import { rawRequest } from './support/raw-request.js'

const HYBRID = { BZZZ_DHT_MODE: 'hybrid', BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0' }

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let node: Coordinator
let client: Client

const cli = (args: readonly string[]) => runInProcess(args, { BZZZ_DATA_DIRECTORY: directory.path })

const json = async (args: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await cli([...args, '--json'])).stdout) as Record<string, unknown>

const serving = (side: string): Promise<unknown> =>
  waitFor(`${side} serving`, async () => {
    const { components } = await client.call('mode', {})
    return components[0]?.serving === side
  })

beforeAll(async () => {
  directory = await temporaryDirectory()
  node = await coordinatorIn(directory.path, HYBRID)
  await node.start()
  client = await connectTo(directory.path)
  await serving('real')
})

afterAll(async () => {
  await node.stop()
  await directory[Symbol.asyncDispose]()
})

describe('the table', () => {
  test('names only error codes that exist', () => {
    const tables = [apiError.table, dhtError.table, hybridError.table, coordinatorError.table]
    const codes = new Set(tables.flatMap((table) => Object.keys(table)))
    for (const name of operationNames)
      for (const code of operations[name].errors) expect(codes).toContain(code)
  })

  test('every change needs the token, and is refused without having had an effect', async () => {
    const before = await readFile(join(directory.path, 'audit.jsonl'), 'utf8')
    for (const name of operationNames) {
      const { role, method, path } = operations[name]
      if (role !== 'write') continue
      const query = 'component=dht&mode=mock&fault=errors&forMs=1000'
      const url = `${node.url}${path.replace('*', 'k')}?${query}`
      expect([name, (await rawRequest(url, { method })).status]).toEqual([name, 401])
    }
    expect(await readFile(join(directory.path, 'audit.jsonl'), 'utf8')).toBe(before)
    expect((await client.call('mode', {})).components[0]?.mode).toBe('hybrid')
  })
})

describe('bzzz mode', () => {
  test('shows, sets for a time, and takes back', async () => {
    const shown = await cli(['mode'])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^COMPONENT +MODE +SERVING/)
    expect(shown.stdout).toMatch(/dht +hybrid 100 % +real +real +env /)
    const set = await cli([
      'mode',
      'dht',
      'hybrid',
      '--percent',
      '10',
      '--for',
      '10m',
      '--reason',
      'a try',
    ])
    expect(set.code).toBe(0)
    expect(set.stdout).toMatch(/dht +hybrid 10 % +real +real +override/)
    expect(set.stdout).toMatch(/overridden by operator until \d{4}-.*: a try/)
    const { components } = await json(['mode', 'dht'])
    expect(components).toMatchObject([{ percent: 10, override: { reason: 'a try' } }])
    const cleared = await cli(['mode', 'dht', '--clear'])
    expect(cleared.stdout).toMatch(/hybrid 100 % +real +real +env /)
  })

  test.each([
    [['mode', 'dht', 'fake'], 2, /fake/],
    [['mode', 'dht', '--percent', '101'], 2, /--percent takes a number from 0 to 100/],
    [['mode', 'dht', 'hybrid', '--for', '10'], 2, /--for: 10 has no unit; write 10s/],
    [['mode', 'dht', 'hybrid', '--for', '400d'], 2, /--for/],
    [['mode', '--percent', '5'], 2, /name a component/],
    [['mode', 'dht', '--for', '5m'], 2, /name a component, and a mode or a percentage/],
    [['mode', '--clear'], 2, /--clear takes a component/],
    [['mode', 'dht', 'hybrid', '--now'], 2, /--now is for mode mock/],
    [['mode', 'moon'], 3, /API_COMPONENT_UNKNOWN/],
    [['drill', 'meteor', '--for', '5s'], 2, /meteor/],
    [['drill', 'errors'], 2, /--for 30s/],
    [['drill', 'errors', '--for', '11m'], 2, /--for/],
    [['drill', 'errors', '--for', '5s', '--share', '2'], 2, /--share/],
    [['dead-letters', 'retry', 'none'], 3, /API_DEAD_LETTER_NOT_FOUND/],
    [['watch', 'paint'], 2, /paint/],
  ])('%j ends with %i', async (args, code, message) => {
    const result = await cli(args)
    expect([result.code, result.stdout]).toEqual([code, ''])
    expect(result.stderr).toMatch(message)
    expect((await client.call('mode', {})).components[0]).toMatchObject({ percent: 100 })
  })
})

describe('a rollback', () => {
  test('leaves the mesh with everything, keeps the addresses to itself, and comes back', async () => {
    await client.call('put', { key: 'before', value: utf8('kept') })
    const back = await cli(['rollback'])
    expect(back).toMatchObject({ code: 0, stderr: '' })
    expect(back.stdout).toMatch(/dht +mock +store +local +override/)
    // Its identity is still told, without an address to dial.
    const identity = await client.call('identity', {})
    expect(identity).toMatchObject({ peerId: node.backend.peerId, multiaddrs: [] })
    expect((await client.call('status', {})).health.map(({ component }) => component)).toEqual([
      'store',
      'dht',
    ])
    const record = await client.call('get', { key: 'before' })
    expect(fromUtf8(record.value)).toBe('kept')
    expect((await cli(['drill', 'errors', '--for', '5s'])).stderr).toContain('DRILL_WITHOUT_EFFECT')
    expect((await cli(['mode', 'dht', '--clear'])).code).toBe(0)
    await serving('real')
    expect((await client.call('identity', {})).multiaddrs).toHaveLength(1)
  })

  test('--now says what it means before it does it', async () => {
    const back = await cli(['rollback', 'dht', '--now', '--json'])
    expect(back.code).toBe(0)
    expect(back.stderr).toContain('records that are not on this machine will be unavailable')
    expect(JSON.parse(back.stdout)).toMatchObject({
      components: [{ mode: 'mock', change: { state: 'done', isNow: true } }],
    })
    await cli(['mode', 'dht', '--clear'])
    await serving('real')
  })
})

describe('a drill', () => {
  test('is seen everywhere while it is on; writes are acknowledged all along; it ends', async () => {
    await using listening = await listen(node.url)
    expect((await cli(['drill'])).stdout).toBe('no drill is on\n')
    const begun = await cli(['drill', 'absent', '--for', '10m'])
    expect(begun.stdout).toMatch(/^drill dht: absent, until \d{4}-/)
    await serving('store')
    const receipt = await client.call('put', { key: 'during', value: utf8('d') })
    expect(receipt).toMatchObject({ outcome: 'acknowledged', level: 'local' })

    await listening.until('the drill told', ({ kind }) => kind === 'drill-started')
    await listening.until('the alert told', ({ name }) => name === 'BzzzDrill')
    await listening.until(
      'the fallback told',
      ({ kind, to }) => kind === 'backend-switched' && to === 'store',
    )
    const status = await cli(['status'])
    expect(status.stdout).toContain('drill dht: absent')
    expect(status.stdout).toContain('info BzzzDrill of dht:')
    expect(status.stdout).toMatch(/dht +hybrid +degraded +store/)
    expect((await cli(['alerts'])).stdout).toContain('BzzzDrill')
    const metrics = await rawRequest(`${node.url}/metrics`)
    expect(metrics.text).toContain('bzzz_hybrid_drill{component="dht"} 1')
    expect(metrics.text).toContain('bzzz_hybrid_mock_requests{component="dht"}')

    expect((await cli(['drill', 'stop'])).stdout).toBe('no drill is on\n')
    await serving('real')
    await listening.until('the end told', ({ kind }) => kind === 'drill-ended')
    const healthy = await rawRequest(`${node.url}/metrics`)
    expect(healthy.text).toContain('bzzz_hybrid_drill{component="dht"} 0')
  })

  test('ends by itself', async () => {
    await using listening = await listen(node.url)
    await client.call('drill.start', { fault: 'latency', forMs: 1_000, latencyMs: 5, share: 0.5 })
    const ended = await listening.until('the end told', ({ kind }) => kind === 'drill-ended')
    expect(JSON.parse(ended.data)).toMatchObject({ reason: 'its time is over', fault: 'latency' })
    expect((await client.call('drill.status', {})).drills).toEqual([])
  })
})

describe('an explained answer', () => {
  test('tells its source beside the value, for people and for programs', async () => {
    await client.call('put', { key: 'told', value: utf8('v') })
    const found = await cli(['get', 'told', '--explain'])
    expect(found).toMatchObject({ code: 0, stdout: 'v' })
    expect(found.stderr).toMatch(/^from real: .+; not stale\n$/)
    const { explanation } = await json(['get', 'told', '--explain'])
    expect(explanation).toMatchObject({ source: 'real', staleForMs: 0 })
    const missing = await client
      .call('get', { key: 'nowhere', explain: true })
      .catch((e: unknown) => e)
    expect(missing).toMatchObject({
      code: 'API_RECORD_NOT_FOUND',
      details: { explanation: { source: 'real' } },
    })
    expect(await client.call('get', { key: 'told' })).not.toHaveProperty('explanation')
  })
})

describe('metrics of the hybrid', () => {
  test('have the agreed fields', async () => {
    const { components } = await client.call('metrics.hybrid', {})
    expect(Object.keys(components[0]?.metrics ?? {}).toSorted()).toEqual([
      'avg_latency_mock',
      'avg_latency_real',
      'error_rate_mock',
      'error_rate_real',
      'fallback_events',
      'mock_requests',
      'real_requests',
      'recovery_events',
    ])
    expect(components[0]?.health).toMatchObject({
      component: 'dht',
      backend: 'hybrid',
      status: 'healthy',
      last_check: expect.any(String),
      error_count: expect.any(Number),
      latency_ms: expect.any(Number),
    })
    expect((await cli(['metrics'])).stdout).toMatch(/dht +real +\d+/)
  })
})

const isTo = (percent: number) => (data: Readonly<Record<string, unknown>>) =>
  data.kind === 'mode-changed' && (data.to as { percent: number }).percent === percent

describe('the stream of switches', () => {
  test('goes on after the last event that was seen', async () => {
    const change = async (percent: number): Promise<void> => {
      await client.call('mode.set', { component: 'dht', percent })
    }
    const first = await listen(node.url)
    expect(first).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    })
    await change(11)
    const seen = await first.until('the first change', isTo(11))
    await first[Symbol.asyncDispose]()
    await change(12)
    await change(13)
    await using second = await listen(node.url, seen.id)
    await second.until('the last change', isTo(13))
    // An alert may clear meanwhile.
    const changesIn = ({ events }: typeof second): readonly string[] =>
      events.map(({ data }) => data).filter((data) => data.includes('mode-changed'))
    expect(changesIn(second)).toEqual([
      expect.stringContaining('"percent":12'),
      expect.stringContaining('"percent":13'),
    ])
    await using fresh = await listen(node.url)
    await change(14)
    await fresh.until('a change from now on', isTo(14))
    expect(changesIn(fresh)).toHaveLength(1)
    await client.call('mode.clear', { component: 'dht' })
  })

  test('has no answer to HEAD, and no body for who may not listen', async () => {
    const head = await rawRequest(`${node.url}/v1/switches`, { method: 'HEAD' })
    expect(head.status).toBe(405)
    const foreign = await rawRequest(`${node.url}/v1/switches`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(foreign.status).toBe(403)
  })
})

describe('what operators did', () => {
  test('is written down, in order, in a file of the owner alone', async () => {
    const file = join(directory.path, 'audit.jsonl')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await verifyAuditFile(file)).isIntact).toBe(true)
    const actions = (await readFile(file, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { action: string }).action)
    expect(actions).toEqual(
      expect.arrayContaining([
        'mode-set',
        'mode-clear',
        'drill-start',
        'drill-stop',
        'override-set',
      ]),
    )
  })
})

describe('a restart', () => {
  test('keeps an override, ends a drill, and remembers no event as its own', async () => {
    await using elsewhere = await temporaryDirectory()
    const args = { BZZZ_DATA_DIRECTORY: elsewhere.path }
    const first = await coordinatorIn(elsewhere.path, HYBRID)
    await first.start()
    const firstClient = await connectTo(elsewhere.path)
    await firstClient.call('mode.set', { component: 'dht', percent: 25, forMs: 600_000 })
    await firstClient.call('drill.start', { fault: 'latency', forMs: 600_000 })
    await using listening = await listen(first.url)
    await firstClient.call('drill.stop', {})
    const last = await listening.until('an event', ({ kind }) => kind === 'drill-ended')
    await firstClient.call('drill.start', { fault: 'latency', forMs: 600_000 })
    await first.stop()
    await waitFor('the stream ended', () => listening.isEnded())
    expect((await stat(join(elsewhere.path, 'overrides.json'))).mode & 0o777).toBe(0o600)

    await using second = await coordinatorIn(elsewhere.path, HYBRID)
    await second.start()
    const { stdout } = await runInProcess(['status', '--json'], args)
    expect(JSON.parse(stdout)).toMatchObject({
      drills: [],
      components: [{ mode: 'hybrid', percent: 25, source: { percent: 'override' } }],
    })
    await using again = await listen(second.url, last.id)
    const missed = await again.until('the gap told', ({ kind }) => kind === 'missed')
    expect(missed.data).toContain('the node was started again')
  })

  test('that fails, as another runs there, leaves no timer of a kept override behind', async () => {
    await using elsewhere = await temporaryDirectory()
    await using first = await coordinatorIn(elsewhere.path, HYBRID)
    await first.start()
    const firstClient = await connectTo(elsewhere.path)
    await firstClient.call('mode.set', { component: 'dht', percent: 25, forMs: 600_000 })
    const io = fakeIo()
    const env = { BZZZ_DATA_DIRECTORY: elsewhere.path, BZZZ_HTTP_PORT: '0' }
    const pending = new Set<object>()
    const clock: Clock = {
      ...systemClock,
      setTimer: (callback, delayMs) => {
        const timer = {}
        pending.add(timer)
        const cancel = systemClock.setTimer(() => {
          pending.delete(timer)
          callback()
        }, delayMs)
        return () => {
          pending.delete(timer)
          cancel()
        }
      },
    }
    const second = new Coordinator({
      ...settingsOf(io, loadConfig(coordinatorFields, { env })),
      version: '0.0.0',
      pid: process.pid,
      clock,
      random: systemRandom,
      log: silentLogger,
    })
    await expect(second.start()).rejects.toMatchObject({ code: 'COORDINATOR_RUNNING' })
    expect(pending.size).toBe(0)
  })

  test('is refused with damaged overrides: a node that left the mesh must not go back by accident', async () => {
    await using elsewhere = await temporaryDirectory()
    await writeFile(join(elsewhere.path, 'overrides.json'), '{"version":1,"over', { mode: 0o600 })
    const damaged = await coordinatorIn(elsewhere.path, HYBRID)
    await expect(damaged.start()).rejects.toMatchObject({ code: 'OVERRIDES_UNREADABLE' })
  })
})
