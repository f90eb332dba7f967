import { afterEach, describe, expect, test } from '@jest/globals'
import { baseError, codeOf, systemClock } from '@bzzz/base'
import { Doors } from '../src/doors.js'
import type { Readiness } from '../src/health/readiness.js'
import { addHealthRoutes } from '../src/http/health-routes.js'
import { HttpServer } from '../src/http/http-server.js'
import { waitFor } from '../src/process/wait-for.js'
import { rawBytes, rawRequest, statusOf } from './support/raw-request.js'

interface Line {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

const running: HttpServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

/** A server with one route that fails, one that waits, and a lifecycle. */
const createServer = async () => {
  const lines: Line[] = []
  const log = (message: string, fields: Line['fields'] = {}): void => {
    lines.push({ message, fields })
  }
  const gate = Promise.withResolvers<void>()
  const state = { readiness: { isReady: true } as Readiness, waiting: 0 }
  const doors: Doors = new Doors(() => server.stop())
  const server: HttpServer = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    rules: { hosts: [], origins: [] },
    limits: {
      requestTimeoutMs: 2_000,
      headersTimeoutMs: 1_000,
      connectionsMax: 10,
      bodyBytesMax: 1_000,
    },
    log: { debug: log, info: log, warn: log, error: log },
    clock: systemClock,
    onAnswer: () => {},
    routes: (app) => {
      addHealthRoutes(app, {
        readiness: () => state.readiness,
        metrics: () => Promise.resolve({ type: 'text/plain', text: 'metrics' }),
        authorize: async () => {},
      })
      app.get('/bug', async () => {
        throw new Error('secret detail of /etc/passwd')
      })
      app.get('/typed', async () => {
        throw baseError('TIMEOUT', 'no answer', { details: { after: 5 } })
      })
      app.get('/work', { onRequest: async () => doors.assertServing() }, async () => {
        state.waiting += 1
        await gate.promise
        return { done: true }
      })
    },
  })
  running.push(server)
  await server.start()
  return { server, doors, state, gate, lines, url: server.url }
}

describe('errors', () => {
  test('an unexpected one tells the client an id, and the log the rest', async () => {
    const { url, lines } = await createServer()
    const answer = await rawRequest(`${url}/bug`)
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('secret')
    const { error } = JSON.parse(answer.text) as { error: { code: string; message: string } }
    expect(error.code).toBe('API_INTERNAL')
    expect(lines).toHaveLength(1)
    expect(error.message).toContain(String(lines[0]?.fields.id))
    const secret = expect.stringContaining('secret detail')
    expect(lines[0]?.fields.error).toMatchObject({ message: secret })
  })

  test('one of a table keeps its code, status and remedy, and is not logged', async () => {
    const { url, lines } = await createServer()
    const answer = await rawRequest(`${url}/typed`)
    expect(answer.status).toBe(504)
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { code: 'TIMEOUT', verdict: 'unavailable', details: { after: 5 } },
    })
    expect(lines).toEqual([])
  })
})

const head = (host: string, more = ''): string =>
  `Host: ${host}\r\nConnection: close\r\n${more}\r\n`

describe('what is refused before a route is found', () => {
  test.each([
    [
      'a malformed path',
      `GET /v1/records/%zz HTTP/1.1\r\n${head('localhost')}`,
      400,
      'API_REQUEST_INVALID',
    ],
    ['what is not HTTP', 'nonsense\r\n\r\n', 400, 'API_REQUEST_INVALID'],
    [
      'an expectation',
      `GET /healthz HTTP/1.1\r\n${head('localhost', 'Expect: foo\r\n')}`,
      417,
      'API_REQUEST_INVALID',
    ],
    [
      'an expectation from elsewhere',
      `GET /healthz HTTP/1.1\r\n${head('evil.example', 'Expect: foo\r\n')}`,
      403,
      'HTTP_HOST_REFUSED',
    ],
  ])(
    '%s: in the form of every error, with the fixed headers',
    async (_name, bytes, status, code) => {
      const { url } = await createServer()
      const answer = await rawBytes(Number(new URL(url).port), bytes)
      expect(statusOf(answer)).toBe(status)
      const [headers = '', body = ''] = answer.split('\r\n\r\n')
      expect(headers.toLowerCase()).toContain('x-content-type-options: nosniff')
      expect(headers.toLowerCase()).toContain('cache-control: no-store')
      expect(JSON.parse(body)).toMatchObject({ error: { code, remedy: expect.any(String) } })
    },
  )
})

describe('readiness', () => {
  test('503 with the reason, while liveness stays 200', async () => {
    const { url, state } = await createServer()
    expect((await rawRequest(`${url}/readyz`)).status).toBe(200)
    state.readiness = { isReady: false, reason: 'the disk is full' }
    const answer = await rawRequest(`${url}/readyz`)
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.text)).toEqual({ status: 'not ready', reason: 'the disk is full' })
    expect((await rawRequest(`${url}/healthz`)).status).toBe(200)
  })
})

describe('doors', () => {
  test('closed before the start and once the end has begun; what is in flight is answered', async () => {
    const { url, doors, state, gate } = await createServer()
    const refusal = async (): Promise<unknown> =>
      (JSON.parse((await rawRequest(`${url}/work`)).text) as { error: { code: string } }).error.code
    expect(await refusal()).toBe('COORDINATOR_STARTING')
    await doors.start()
    const inFlight = rawRequest(`${url}/work`)
    await waitFor('the request in flight', () => state.waiting === 1, { everyMs: 1 })
    let isStopped = false
    const stopping = doors.stop().then(() => {
      isStopped = true
    })
    await waitFor('the port closed', () =>
      rawRequest(`${url}/healthz`).then(
        () => false,
        (error: unknown) => (error as { code?: string }).code === 'ECONNREFUSED',
      ),
    )
    expect(isStopped).toBe(false)
    gate.resolve()
    expect(JSON.parse((await inFlight).text)).toEqual({ done: true })
    expect((await inFlight).headers.connection).toBe('close')
    await stopping
    expect(() => doors.assertServing()).toThrow(
      expect.objectContaining({ code: 'COORDINATOR_STOPPING' }),
    )
  })

  test('a request that never ends holds the end no longer than its time-out', async () => {
    const { url, doors, state } = await createServer()
    await doors.start()
    const hung = rawRequest(`${url}/work`).then(() => 'answered', codeOf)
    await waitFor('the request in flight', () => state.waiting === 1, { everyMs: 1 })
    await doors.stop()
    expect(await hung).toBe('ECONNRESET')
  })
})
