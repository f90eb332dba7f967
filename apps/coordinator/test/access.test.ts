import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGatedServer } from '../src/http/gated-server.js'
import { rawBytes, rawRequest, statusOf } from './support/raw-request.js'

const rules = {
  hosts: ['mesh.example.org', 'fd00::7'],
  origins: ['http://localhost:5173', 'https://app.example.org'],
}

let server: Server
let port: number
let served: string[]

beforeAll(async () => {
  served = []
  server = createGatedServer(
    (request, response) => {
      served.push(request.url ?? '')
      response.end('served')
    },
    rules,
    { requestTimeoutMs: 1_000, headersTimeoutMs: 1_000, connectionsMax: 100 },
  )
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = async (
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> =>
  rawRequest(`http://127.0.0.1:${port}/v1/x`, { method, headers })

const HOSTS: readonly [string, boolean][] = [
  ['127.0.0.1:4280', true],
  ['LocalHost', true],
  ['[::1]:1', true],
  ['mesh.example.org:8443', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['mesh.example.org.', false],
  ['127.0.0.1:4280, evil.example', false],
]

const ORIGINS: readonly [string | undefined, boolean][] = [
  [undefined, true],
  ['http://localhost:5173', true],
  ['https://app.example.org', true],
  ['http://localhost:4280', false],
  ['null', false],
  ['https://evil.example', false],
  ['https://app.example.org.evil.example', false],
  ['http://app.example.org', false],
]

describe('Host × Origin', () => {
  const pairs = HOSTS.flatMap(([host, isHostOurs]) =>
    ORIGINS.map(([origin, isOriginOurs]) => ({ host, origin, passes: isHostOurs && isOriginOurs })),
  )

  test.each(pairs)('$host from $origin passes: $passes', async ({ host, origin, passes }) => {
    for (const method of ['GET', 'PUT']) {
      const answer = await ask(method, { host, ...(origin !== undefined && { origin }) })
      expect({ method, status: answer.status }).toEqual({ method, status: passes ? 200 : 403 })
    }
  })

  test('an allowed IPv6 address is written in brackets in the Host header', async () => {
    expect((await ask('GET', { host: '[FD00::7]:4280' })).status).toBe(200)
    expect((await ask('GET', { host: '[fd00::8]:4280' })).status).toBe(403)
  })
})

describe('what else is refused before anything is served', () => {
  test('a page of another site may read without an origin, and never write', async () => {
    const headers = { host: 'localhost', 'sec-fetch-site': 'cross-site' }
    expect((await ask('GET', headers)).status).toBe(200)
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH'])
      expect((await ask(method, headers)).status).toBe(403)
    expect((await ask('PUT', { ...headers, origin: 'https://app.example.org' })).status).toBe(200)
    expect((await ask('PUT', { host: 'localhost', 'sec-fetch-site': 'none' })).status).toBe(200)
  })

  test.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['an absolute target', 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'a body announced with Expect',
      'PUT / HTTP/1.1\r\nHost: evil.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    ],
  ])('%s', async (_name, bytes) => {
    const before = served.length
    const answer = await rawBytes(port, bytes)
    expect(statusOf(answer)).toBe(403)
    expect(served).toHaveLength(before)
  })

  test('a refusal closes the connection, says why and is one of our errors', async () => {
    const answer = await rawRequest(`http://127.0.0.1:${port}/`, { headers: { host: 'evil' } })
    expect(answer.headers.connection).toBe('close')
    expect(JSON.parse(answer.text)).toMatchObject({
      error: {
        code: 'HTTP_HOST_REFUSED',
        message: expect.any(String),
        remedy: expect.any(String),
        verdict: 'answered',
      },
    })
  })
})
