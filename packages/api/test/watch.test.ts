import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, type Client, type Watched } from '../src/client.js'
import { apiError } from '../src/errors.js'
import { formatEvent, SILENCE_MAX_MS } from '../src/event-stream.js'
import { encodeError } from '../src/response.js'
import { encodeItem, type ItemOf } from '../src/streams.js'

type Item = ItemOf<'switches'>

let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = createServer((request, response) => {
  answer(request, response)
})
const clock = new ManualClock()
let client: Client

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = createClient({ baseUrl, fetch, token: 'tok', clock })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  answer = (_request, response) => response.writeHead(500).end()
})

const missed = (reason: string): Item => ({
  kind: 'missed',
  reason,
  at: '2026-01-01T00:00:00.000Z',
})

const wire = (id: string, item: Item): string =>
  formatEvent({ id, data: encodeItem('switches', item) })

const all = async (events: AsyncIterable<Watched<Item>>): Promise<Watched<Item>[]> => {
  const seen: Watched<Item>[] = []
  for await (const event of events) seen.push(event)
  return seen
}

test('events with their ids, to the end; the token and the last id are sent', async () => {
  let headers: IncomingMessage['headers'] = {}
  answer = (request, response) => {
    ;({ headers } = request)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(
      `retry: 1000\n\n: still here\n\n${wire('r.1', missed('a'))}data: {"kind":"new"}\n\n`,
    )
    response.end(wire('r.3', missed('b')))
  }
  expect(await all(client.watch('switches', { lastEventId: 'r.0' }))).toEqual([
    { id: 'r.1', item: missed('a') },
    { id: 'r.3', item: missed('b') },
  ])
  expect(headers).toMatchObject({
    authorization: 'Bearer tok',
    'last-event-id': 'r.0',
    accept: 'text/event-stream',
  })
})

test('a refusal keeps its code', async () => {
  answer = (_request, response) => {
    const { status, body } = encodeError(apiError('API_STREAMS_FULL', 'full'), '')
    response.writeHead(status).end(JSON.stringify(body))
  }
  await expect(all(client.watch('switches'))).rejects.toMatchObject({ code: 'API_STREAMS_FULL' })
})

test('leaving the loop ends the connection', async () => {
  const closed = Promise.withResolvers<void>()
  answer = (_request, response) => {
    response.on('close', () => {
      closed.resolve()
    })
    response.writeHead(200).write(wire('r.1', missed('a')))
  }
  for await (const { id } of client.watch('switches')) {
    expect(id).toBe('r.1')
    break
  }
  await closed.promise
})

test('an abort ends it, before and during', async () => {
  const controller = new AbortController()
  answer = (_request, response) => {
    response.writeHead(200).write(wire('r.1', missed('a')))
  }
  const { signal } = controller
  const during = (async () => {
    for await (const _ of client.watch('switches', { signal })) controller.abort()
  })()
  await expect(during).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(all(client.watch('switches', { signal }))).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a silent connection counts as lost; a slow reader is no silence', async () => {
  answer = (_request, response) => {
    response.writeHead(200).write(wire('r.1', missed('a')))
  }
  const events = client.watch('switches')
  expect((await events.next()).value).toMatchObject({ id: 'r.1' })
  clock.advance(SILENCE_MAX_MS + 1)
  const next = events.next()
  // The wait for the next piece has begun once this turn is over.
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  clock.advance(SILENCE_MAX_MS + 1)
  await expect(next).rejects.toMatchObject({
    code: 'API_UNREACHABLE',
    message: expect.stringContaining('silent'),
  })
})
