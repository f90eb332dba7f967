import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { operations, streams } from '@bzzz/api'
import type { CoordinatorProcess } from '../src/process/coordinator-process.js'
import { waitFor } from '../src/process/wait-for.js'
import { startDaemon, temporaryDirectory } from './support/daemon.js'
import { rawBytes, rawRequest, statusOf, type RawAnswer } from './support/raw-request.js'

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let daemon: CoordinatorProcess
let token: string
let port: number

beforeAll(async () => {
  directory = await temporaryDirectory()
  daemon = await startDaemon(directory.path, {
    env: {
      BZZZ_HTTP_ALLOWED_HOSTS: 'mesh.example.org',
      BZZZ_HTTP_ALLOWED_ORIGINS: 'http://localhost:5173',
      BZZZ_HTTP_REQUEST_TIMEOUT: '1s',
    },
  })
  token = (await readFile(join(directory.path, 'token'), 'utf8')).trim()
  port = Number(new URL(daemon.url).port)
})

afterAll(async () => {
  await daemon.end('SIGTERM')
  await directory[Symbol.asyncDispose]()
})

const ask = (
  method: string,
  path: string,
  options: Parameters<typeof rawRequest>[1] = {},
): Promise<RawAnswer> => rawRequest(`${daemon.url}${path}`, { method, ...options })

const authorized = (headers: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/octet-stream',
  ...headers,
})

const codeIn = (answer: RawAnswer): unknown =>
  (JSON.parse(answer.text) as { error: { code: string } }).error.code

describe('records over HTTP', () => {
  test('a record goes in as bytes, and comes out as bytes and as JSON, with its version as ETag', async () => {
    const put = await ask('PUT', '/v1/records/a/b', { headers: authorized(), body: 'hello' })
    expect(put.status).toBe(200)
    const json = await ask('GET', '/v1/records/a/b')
    expect(JSON.parse(json.text)).toMatchObject({ key: 'a/b', value: 'hello', encoding: 'utf8' })
    const bytes = await ask('GET', '/v1/records/a/b', {
      headers: { accept: 'application/octet-stream' },
    })
    expect(bytes.text).toBe('hello')
    expect(bytes.headers.etag).toBe(put.headers.etag)
  })

  test('If-Match decides a write', async () => {
    const key = '/v1/records/conditional'
    const first = await ask('PUT', key, { headers: authorized(), body: '1' })
    const etag = String(first.headers.etag)
    const match = { headers: authorized({ 'if-match': etag }), body: '2' }
    expect((await ask('PUT', key, match)).status).toBe(200)
    const again = await ask('PUT', key, match)
    expect([again.status, codeIn(again)]).toEqual([409, 'DHT_CONFLICT'])
  })

  test('what is not there is 404, and a wrong method 405 with the right ones', async () => {
    const none = await ask('GET', '/v1/records/none')
    expect([none.status, codeIn(none)]).toEqual([404, 'API_RECORD_NOT_FOUND'])
    const path = await ask('GET', '/v1/nothing')
    expect([path.status, codeIn(path)]).toEqual([404, 'API_ROUTE_UNKNOWN'])
    const method = await ask('POST', '/v1/records/x', { headers: authorized(), body: 'x' })
    expect([method.status, codeIn(method)]).toEqual([405, 'API_METHOD_NOT_ALLOWED'])
    expect(method.headers.allow).toBe('GET, PUT, DELETE')
  })

  test('keys that a router would mangle', async () => {
    for (const key of ['a//b', '../x', '%2F', '__proto__', 'ä/é', '*', 'a?b#c']) {
      const path = `/v1/records/?key=${encodeURIComponent(key)}`
      expect((await ask('PUT', path, { headers: authorized(), body: key })).status).toBe(200)
      expect(JSON.parse((await ask('GET', path)).text)).toMatchObject({ key, value: key })
    }
  })
})

describe('the token', () => {
  test.each([undefined, 'Bearer wrong', 'Basic abc'])('a write with %p is 401', async (header) => {
    for (const method of ['PUT', 'DELETE']) {
      const headers = {
        'content-type': 'application/octet-stream',
        ...(header !== undefined && { authorization: header }),
      }
      const body = method === 'PUT' ? { body: 'x' } : {}
      const answer = await ask(method, '/v1/records/guarded', { headers, ...body })
      expect([answer.status, codeIn(answer)]).toEqual([401, 'API_TOKEN_REQUIRED'])
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
    expect((await ask('GET', '/v1/records/guarded')).status).toBe(404)
  })

  test('settings need it, reads on loopback do not', async () => {
    expect((await ask('GET', '/v1/config')).status).toBe(401)
    expect((await ask('GET', '/v1/config', { headers: authorized() })).status).toBe(200)
    for (const path of ['/v1/status', '/v1/peers', '/v1/identity', '/metrics', '/v1/openapi.json'])
      expect((await ask('GET', path)).status).toBe(200)
  })

  test('no operation that GET reaches changes anything', () => {
    const writes = Object.values(operations).filter(({ role }) => role === 'write')
    expect(writes.map(({ method }) => method)).not.toContain('GET')
  })

  test('beyond loopback, reads need it as well; identity and liveness do not', async () => {
    await using elsewhere = await temporaryDirectory()
    await using wide = await startDaemon(elsewhere.path, { env: { BZZZ_HTTP_HOST: '0.0.0.0' } })
    const base = `http://127.0.0.1:${new URL(wide.url).port}`
    const statuses = async (headers: Record<string, string>): Promise<number[]> => {
      const paths = [
        '/v1/status',
        '/v1/records/x',
        '/metrics',
        '/v1/identity',
        '/healthz',
        '/readyz',
      ]
      const answers = await Promise.all(paths.map((path) => rawRequest(base + path, { headers })))
      return answers.map(({ status }) => status)
    }
    expect(await statuses({})).toEqual([401, 401, 401, 200, 200, 200])
    const own = (await readFile(join(elsewhere.path, 'token'), 'utf8')).trim()
    expect(await statuses({ authorization: `Bearer ${own}` })).toEqual([
      200, 404, 200, 200, 200, 200,
    ])
  })
})

describe('pages', () => {
  test('of an allowed origin may call, and are told so; never *', async () => {
    const origin = 'http://localhost:5173'
    const answer = await ask('GET', '/v1/status', { headers: { origin } })
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
    const preflight = await ask('OPTIONS', '/v1/records/x', {
      headers: { origin, 'access-control-request-method': 'PUT' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-methods']).toContain('PUT')
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  })

  test('of any other are refused on every path, existing or not, with a token or not', async () => {
    for (const path of ['/v1/status', '/v1/records/x', '/healthz', '/metrics', '/none', '/%zz']) {
      const headers = authorized({ origin: 'https://evil.example' })
      expect((await ask('GET', path, { headers })).status).toBe(403)
      expect((await ask('GET', path, { headers: { host: 'evil.example' } })).status).toBe(403)
    }
    expect((await ask('GET', '/healthz', { headers: { host: 'mesh.example.org' } })).status).toBe(
      200,
    )
  })

  test('answers are neither sniffed nor cached nor embedded, refusals included', async () => {
    for (const answer of [
      await ask('GET', '/v1/status'),
      await ask('GET', '/none'),
      await ask('GET', '/', { headers: { host: 'evil.example' } }),
    ])
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
      })
  })
})

describe('bodies', () => {
  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    '%s is refused: a form of any page could send it',
    async (type) => {
      const headers = authorized({ 'content-type': type })
      const answer = await ask('PUT', '/v1/records/x', { headers, body: 'value=x' })
      expect([answer.status, codeIn(answer)]).toEqual([415, 'API_MEDIA_TYPE_UNSUPPORTED'])
    },
  )

  test('a value of 1 MiB fits, in bytes and as base64; one byte more does not', async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, 7)
    const path = '/v1/records/large'
    expect((await ask('PUT', path, { headers: authorized(), body: mebibyte })).status).toBe(200)
    const json = JSON.stringify({ value: mebibyte.toString('base64'), encoding: 'base64' })
    const jsonHeaders = authorized({ 'content-type': 'application/json' })
    expect((await ask('PUT', path, { headers: jsonHeaders, body: json })).status).toBe(200)
    const over = Buffer.alloc(1024 * 1024 + 1)
    const answer = await ask('PUT', path, { headers: authorized(), body: over })
    expect([answer.status, codeIn(answer)]).toEqual([413, 'API_BODY_TOO_LARGE'])
  })

  test('a body over the limit is refused by its announcement', async () => {
    const head = `PUT /v1/records/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n`
    const announced = await rawBytes(port, `${head}Content-Length: 999999999\r\n\r\n`)
    expect(statusOf(announced)).toBe(413)
  })

  test.each([
    '{',
    '{"value":1}',
    '{"value":"x","encoding":"rot13"}',
    '{"__proto__":{},"value":"x"}',
    '',
  ])('JSON %p is 400', async (body) => {
    const headers = authorized({ 'content-type': 'application/json' })
    const answer = await ask('PUT', '/v1/records/x', { headers, body })
    expect([answer.status, codeIn(answer)]).toEqual([400, 'API_REQUEST_INVALID'])
  })
})

describe('clients that take too long or too much', () => {
  test('8 KiB of headers are the most', async () => {
    const header = `X-Long: ${'x'.repeat(9_000)}\r\n`
    const answer = await rawBytes(port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`)
    expect(statusOf(answer)).toBe(431)
  })

  test.each([
    ['a head', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'],
    [
      'a body',
      'PUT /v1/records/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nabc',
    ],
  ])('%s that never ends is cut off after the time-out', async (_name, bytes) => {
    const authorization = `Authorization: Bearer ${token}\r\n`
    const withToken = bytes.replace('Host: localhost\r\n', `Host: localhost\r\n${authorization}`)
    const answer = await rawBytes(port, withToken)
    expect([0, 408]).toContain(statusOf(answer))
    expect((await ask('GET', '/v1/records/slow')).status).toBe(404)
  })

  test('connections are bounded, and the server serves again once they are gone', async () => {
    const sockets: Socket[] = []
    let refused = 0
    for (let at = 0; at < 560; at++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => (refused += 1))
      sockets.push(socket)
    }
    await waitFor('connections over the limit closed', () => refused >= 560 - 512)
    for (const socket of sockets) socket.destroy()
    const honest = await waitFor('an honest client served', () => ask('GET', '/healthz'))
    expect(honest.status).toBe(200)
  })

  test('garbage is answered with 400 and harms nobody', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', '\x13/multistream/1.0.0\n', 'GET\r\n\r\n']) {
      const answer = await rawBytes(port, bytes)
      expect(statusOf(answer)).toBe(400)
      expect(answer).toContain('"code":"API_REQUEST_INVALID"')
    }
    expect((await ask('GET', '/healthz')).status).toBe(200)
  })
})

describe('what the coordinator says of itself', () => {
  test('live and ready', async () => {
    expect(JSON.parse((await ask('GET', '/healthz')).text)).toEqual({ status: 'live' })
    expect(JSON.parse((await ask('GET', '/readyz')).text)).toEqual({ status: 'ready' })
  })

  test('every operation of the table is served under its path', async () => {
    const { paths } = JSON.parse((await ask('GET', '/v1/openapi.json')).text) as {
      paths: Record<string, Record<string, unknown>>
    }
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const table = Object.values(operations).map(
      ({ method, path }) => `${method} ${path.replace('*', '{key}')}`,
    )
    const streamed = Object.values(streams).map(({ path }) => `GET ${path}`)
    expect(described.toSorted()).toEqual([...table, ...streamed].toSorted())
  })

  test('no answer holds a stack trace or the token', async () => {
    for (const path of ['/v1/status', '/none', '/v1/records/%zz', '/metrics', '/v1/openapi.json']) {
      const { text } = await ask('GET', path)
      expect(text).not.toContain(token)
      expect(text).not.toMatch(/at .+\.js:\d+/)
    }
    expect(daemon.log()).not.toContain(token)
  })
})
