import { baseError, codeOf, equalBytes, messageOf, utf8, verdictOf } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { MESSAGE_BYTES_MAX } from '../src/limits.js'
import {
  addressOf,
  ECHO,
  failureCode,
  NEVER,
  startHost,
  startPair,
  until,
  untilState,
} from './nodes.js'

const deadlineMs = 10_000

describe('requests between two hosts', () => {
  test('both sides know each other, proven and encrypted by TLS', async () => {
    const [client, server] = await startPair()
    await untilState(server, client.peerId, 'connected')
    const [peer] = client.peers()
    expect(peer).toMatchObject({ peerId: server.peerId, state: 'connected' })
    expect(peer?.rttMs).toBeGreaterThan(0)
    await until('identify', () => (server.peers()[0]?.addresses.length ?? 0) > 0)
    expect(server.peers()[0]?.addresses).toEqual([addressOf(client)])
    expect(await client.knownAddresses(server.peerId)).toContain(addressOf(server))
    const [connection] = client.libp2p.getConnections()
    expect(connection?.encryption).toBe('/tls/1.0.0')
  })

  test('both sides ask on streams of their own; answers come in any order', async () => {
    const [client, server] = await startPair()
    client.handle(ECHO, async (payload) => {
      for (let i = 0; i < 50 - (payload[0] ?? 0); i++) await Promise.resolve()
      return payload
    })
    const asks = Array.from({ length: 50 }, (_, i) => Uint8Array.of(i))
    const there = asks.map((ask) => client.request(server.peerId, ECHO, ask, { deadlineMs }))
    const back = asks.map((ask) => server.request(client.peerId, ECHO, ask, { deadlineMs }))
    const all = await Promise.all([...there, ...back])
    expect(all.map((answer) => answer[0])).toEqual([...asks, ...asks].map((ask) => ask[0]))
  })

  test('an answer is a plain Uint8Array, whose slice is a copy', async () => {
    const [client, server] = await startPair()
    const answer = await client.request(server.peerId, ECHO, utf8('x'), { deadlineMs })
    expect(Buffer.isBuffer(answer)).toBe(false)
  })

  test('megabytes in both directions at once get through, and no connection is lost', async () => {
    const [client, server] = await startPair({ queuedBytesMax: 64 * 1024 * 1024 })
    client.handle(ECHO, (payload) => payload)
    const states: string[] = []
    for (const host of [client, server]) host.onPeerChange(({ state }) => states.push(state))
    const payload = new Uint8Array(1024 * 1024).map((_, i) => i % 251)
    const options = { deadlineMs: 30_000 }
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        i % 2 === 0
          ? client.request(server.peerId, ECHO, payload, options)
          : server.request(client.peerId, ECHO, payload, options),
      ),
    )
    expect(answers.every((answer) => equalBytes(answer, payload))).toBe(true)
    expect(states).not.toContain('disconnected')
  })

  test('a small request overtakes a large one on the same stream', async () => {
    const [client, server] = await startPair()
    const order: string[] = []
    const large = client
      .request(server.peerId, ECHO, new Uint8Array(MESSAGE_BYTES_MAX), { deadlineMs })
      .then(() => order.push('large'))
    const small = client
      .request(server.peerId, ECHO, new Uint8Array(10), { deadlineMs })
      .then(() => order.push('small'))
    await Promise.all([large, small])
    expect(order).toEqual(['small', 'large'])
  })

  test('too much queued is refused at once, and works again when it has drained', async () => {
    const [client, server] = await startPair({ queuedBytesMax: 4 * 1024 * 1024 })
    const payload = new Uint8Array(1024 * 1024)
    const ask = () => client.request(server.peerId, ECHO, payload, { deadlineMs })
    const codes = await Promise.all(Array.from({ length: 40 }, () => failureCode(ask())))
    expect(codes.filter((code) => code === 'PEER_BUSY').length).toBeGreaterThan(10)
    expect(codes.filter((code) => code === 'resolved').length).toBeGreaterThanOrEqual(3)
    expect(await failureCode(ask())).toBe('resolved')
  })

  test('deadline, abort, and abort beforehand', async () => {
    const [client, server] = await startPair()
    const ask = (options: { deadlineMs: number; signal?: AbortSignal }) =>
      failureCode(client.request(server.peerId, NEVER, utf8('x'), options))
    expect(await ask({ deadlineMs: 30 })).toBe('TIMEOUT')
    const controller = new AbortController()
    const aborted = ask({ deadlineMs, signal: controller.signal })
    controller.abort()
    expect(await aborted).toBe('ABORTED')
    expect(await ask({ deadlineMs, signal: AbortSignal.abort() })).toBe('ABORTED')
  })

  test('what the handler throws arrives with code, text and verdict', async () => {
    const [client, server] = await startPair()
    server.handle('/test/fail/1', () => {
      throw baseError('CLOCK_EXHAUSTED', 'no stamp left')
    })
    const error = await client
      .request(server.peerId, '/test/fail/1', utf8('x'), { deadlineMs })
      .catch((thrown: unknown) => thrown)
    expect([codeOf(error), messageOf(error), verdictOf(error)]).toEqual([
      'CLOCK_EXHAUSTED',
      'no stamp left',
      'unavailable',
    ])
  })

  test('a protocol is served from its handler to its unsubscription', async () => {
    const [client, server] = await startPair()
    const ask = () =>
      failureCode(client.request(server.peerId, '/test/late/1', utf8('x'), { deadlineMs }))
    expect(await ask()).toBe('PROTOCOL_UNSUPPORTED')
    const stop = server.handle('/test/late/1', (payload) => payload)
    expect(() => server.handle('/test/late/1', (payload) => payload)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_HANDLED' }),
    )
    expect(await ask()).toBe('resolved')
    stop()
    stop()
    await until('no longer served', () => !server.libp2p.getProtocols().includes('/test/late/1'))
    expect(['PROTOCOL_UNSUPPORTED', 'PEER_UNREACHABLE']).toContain(await ask())
  })

  test('what cannot be sent is told at once', async () => {
    const [client, server] = await startPair()
    const over = new Uint8Array(MESSAGE_BYTES_MAX + 1)
    const ask = (peerId: string, payload: Uint8Array) =>
      failureCode(client.request(peerId, ECHO, payload, { deadlineMs }))
    expect(await ask(server.peerId, over)).toBe('REQUEST_TOO_LARGE')
    expect(await ask('nobody', utf8('x'))).toBe('HOST_ADDRESS_INVALID')
    expect(await ask(client.peerId, utf8('x'))).toBe('HOST_ADDRESS_INVALID')
    const stranger = await startHost(9)
    expect(await ask(stranger.peerId, utf8('x'))).toBe('PEER_UNREACHABLE')
  })

  test('over WebSockets as well', async () => {
    const server = await startHost(2, { listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    server.handle(ECHO, (payload) => payload)
    const client = await startHost(1)
    expect(await client.dial(addressOf(server))).toBe(server.peerId)
    const payload = new Uint8Array(300_000).fill(5)
    const answer = await client.request(server.peerId, ECHO, payload, { deadlineMs })
    expect(equalBytes(answer, payload)).toBe(true)
  })
})
