import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, type Client } from '../src/client.js'
import { decodeRequest } from '../src/request.js'
import { encodeError, encodeResponse } from '../src/response.js'
import { apiError } from '../src/errors.js'
import { bytes, PUT, RECEIPT, refusal, VERSION } from './helpers.js'

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

let answer: Answer = () => {}
const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => answer(request, response, Buffer.concat(pieces)))
})
let baseUrl = ''
let client: Client

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = createClient({ baseUrl, fetch, token: 'tok', responseBytesMax: 1000 })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  answer = (_request, response) => response.writeHead(500).end()
})

const send = (response: ServerResponse, status: number, body: string | Uint8Array): void => {
  response.writeHead(status).end(body)
}

describe('calls over real HTTP', () => {
  test('a put: method, address, token, bytes; its receipt comes back', async () => {
    const seen: unknown[] = []
    answer = (request, response, body) => {
      const { url: target = '', headers, method } = request
      seen.push(method, headers.authorization, decodeRequest('put', { target, headers, body }))
      const sent = encodeResponse('put', RECEIPT)
      response.writeHead(sent.status, sent.headers).end(sent.body)
    }
    const value = new Uint8Array([0, 1, 255])
    const input = { key: 'a/../b', value, level: 2, expectedVersion: VERSION }
    expect(await client.call('put', input)).toEqual(RECEIPT)
    expect(seen.slice(0, 2)).toEqual(['PUT', 'Bearer tok'])
    expect(seen[2]).toEqual({ ...input, value: Buffer.from(value) })
  })

  test('hostile keys arrive as they were sent', async () => {
    const parts = [
      '.',
      '..',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%',
      '?',
      '#',
      '+',
      '&',
      ' ',
      'a',
      'ü',
      '\u0000',
      '\n',
    ]
    const keys = parts.flatMap((a) => parts.map((b) => `${a}${b}x/${b}${a}`))
    answer = (request, response, body) => {
      const { key } = decodeRequest('put', { target: request.url ?? '', headers: {}, body })
      send(response, 200, encodeResponse('put', { ...RECEIPT, key }).body)
    }
    for (const key of [...keys, ...parts])
      expect((await client.call('put', { key, value: bytes('') })).key).toBe(key)
  })

  test('no token, no header', async () => {
    let header: string | undefined = 'none seen'
    answer = (request, response) => {
      header = request.headers.authorization
      send(response, 200, JSON.stringify({ peerId: 'p', peers: [] }))
    }
    await createClient({ baseUrl: `${baseUrl}/`, fetch }).call('peers', {})
    expect(header).toBeUndefined()
  })

  test('an error keeps its code', async () => {
    answer = (_request, response) => {
      const { status, body } = encodeError(apiError('API_RECORD_NOT_FOUND', 'no k'), '')
      send(response, status, JSON.stringify(body))
    }
    await expect(client.call('get', { key: 'k' })).rejects.toMatchObject({
      code: 'API_RECORD_NOT_FOUND',
      message: 'no k',
      http: 404,
    })
  })

  test.each<[string, Answer]>([
    ['no JSON', (_, response) => send(response, 200, '<html>')],
    ['not UTF-8', (_, response) => send(response, 200, new Uint8Array([0xff]))],
    ['another shape', (_, response) => send(response, 200, '{"peerId": 5}')],
    ['an error of another server', (_, response) => send(response, 502, 'Bad Gateway')],
    ['more than the limit', (_, response) => send(response, 200, `"${'x'.repeat(1000)}"`)],
    [
      'an endless answer',
      (_, response) => {
        const more = (): void => {
          if (!response.destroyed) response.write('x'.repeat(500), more)
        }
        response.on('error', () => {})
        more()
      },
    ],
  ])('refuses %s', async (_name, given) => {
    answer = given
    await expect(client.call('peers', {})).rejects.toMatchObject({ code: 'API_RESPONSE_INVALID' })
  })

  test('follows no redirect, so that the token stays here', async () => {
    const visited: (string | undefined)[] = []
    answer = (request, response) => {
      visited.push(request.url)
      response.writeHead(307, { location: `${baseUrl}/elsewhere` }).end()
    }
    await expect(client.call('put', PUT)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(visited).toEqual(['/v1/records/k'])
  })

  test('nobody there', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const call = createClient({ baseUrl: `http://127.0.0.1:${port}`, fetch }).call('status', {})
    await expect(call).rejects.toMatchObject({ code: 'API_UNREACHABLE', verdict: 'unavailable' })
  })

  test('an abort, before and during', async () => {
    let requests = 0
    const controller = new AbortController()
    answer = () => {
      requests++
      controller.abort()
    }
    const { signal } = controller
    await expect(client.call('status', {}, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(client.call('status', {}, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(requests).toBe(1)
  })
})

test('neither an input that no server takes nor an aborted call is sent', async () => {
  let calls = 0
  const unused = createClient({
    baseUrl,
    fetch: () => {
      calls++
      return Promise.reject(new Error('unused'))
    },
  })
  const signal = AbortSignal.abort()
  await expect(unused.call('put', PUT, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(unused.call('put', { key: '', value: bytes('') })).rejects.toMatchObject({
    code: 'API_REQUEST_INVALID',
  })
  expect(calls).toBe(0)
})

test.each(['127.0.0.1:80', 'ftp://a', 'http://a/b', 'http://user:pw@a', 'http://a?x', 'http://'])(
  'refuses the address %s',
  (url) =>
    expect(refusal(() => createClient({ baseUrl: url, fetch }))).toMatch(/^API_REQUEST_INVALID/),
)
