import { utf8 } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Libp2pHost } from '../src/host.js'
import { HEADER_BYTES, REQUEST } from '../src/rpc/frame.js'
import {
  addressOf,
  connectionOf,
  ECHO,
  failureCode,
  seedOf,
  startHost,
  startPair,
  stateOf,
  until,
  untilState,
} from './nodes.js'
import { createSigner } from '@bzzz/crypto'

const deadlineMs = 10_000

const portOf = (host: Libp2pHost): number => Number(/\/tcp\/(\d+)/.exec(addressOf(host))?.[1])

/** A socket that does not speak libp2p. Its errors are expected: it is thrown out. */
const openSocket = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const idOf = (byte: number): string => createSigner(seedOf(byte)).peerId

describe('who may connect', () => {
  test('a private network key must be the same on both sides', async () => {
    const psk = new Uint8Array(32).fill(1)
    const server = await startHost(1, { psk })
    const [same, other, none] = [
      await startHost(2, { psk }),
      await startHost(3, { psk: new Uint8Array(32).fill(2) }),
      await startHost(4),
    ]
    expect(await failureCode(same.dial(addressOf(server)))).toBe('resolved')
    for (const stranger of [other, none]) {
      const code = await failureCode(stranger.dial(addressOf(server), { timeoutMs: 1_000 }))
      // Each side reads noise: a length that is refused, or one that never arrives.
      expect(['PEER_REFUSED', 'TIMEOUT', 'PEER_UNREACHABLE']).toContain(code)
    }
    await untilState(server, same.peerId, 'connected')
    expect(server.peers()).toHaveLength(1)
  })

  test('the allow-list holds in both directions', async () => {
    const server = await startHost(1, { allowPeers: [idOf(2)] })
    const [friend, stranger] = [await startHost(2), await startHost(3)]
    server.handle(ECHO, (payload) => payload)
    expect(await failureCode(friend.dial(addressOf(server)))).toBe('resolved')
    expect(await failureCode(stranger.dial(addressOf(server)))).toBe('PEER_REFUSED')
    expect(await failureCode(server.dial(addressOf(stranger)))).toBe('PEER_REFUSED')
    await stranger.addAddresses(server.peerId, [addressOf(server)])
    const ask = stranger.request(server.peerId, ECHO, utf8('x'), { deadlineMs })
    expect(['PEER_REFUSED', 'PEER_UNREACHABLE']).toContain(await failureCode(ask))
    expect(stateOf(server, stranger.peerId)).toBeUndefined()
  })

  test('an address has its number of connections, which it gets back', async () => {
    const server = await startHost(1, { connectionsPerIpMax: 3 })
    const sockets = await Promise.all(Array.from({ length: 3 }, () => openSocket(portOf(server))))
    const client = await startHost(2)
    expect(await failureCode(client.dial(addressOf(server)))).not.toBe('resolved')
    for (const socket of sockets) socket.destroy()
    let code: string | undefined
    const dial = async (): Promise<void> => {
      while (code !== 'resolved') code = await failureCode(client.dial(addressOf(server)))
    }
    const dialling = dial()
    await until('a place', () => code === 'resolved')
    await dialling
  })
})

describe('bad neighbours', () => {
  test('sockets with garbage, half handshakes and silence do not disturb', async () => {
    const [client, server] = await startPair()
    const sockets = await Promise.all(Array.from({ length: 40 }, () => openSocket(portOf(server))))
    sockets.forEach((socket, i) => {
      if (i % 3 === 0) socket.write(Buffer.alloc(5_000, i))
      if (i % 3 === 1) socket.write('\u0013/multistream/1.0.0\n')
    })
    for (let i = 0; i < 50; i++) {
      const ask = client.request(server.peerId, ECHO, utf8('x'), { deadlineMs })
      expect(await failureCode(ask)).toBe('resolved')
    }
    for (const socket of sockets) socket.destroy()
  })

  test('a server that is not libp2p is told', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = await startHost(1)
    expect(await failureCode(client.dial(`/ip4/127.0.0.1/tcp/${port}`))).toBe('PEER_REFUSED')
    server.close()
  })

  test('a server that accepts and says nothing costs the time limit and no more', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = await startHost(1)
    const dial = client.dial(`/ip4/127.0.0.1/tcp/${port}`, { timeoutMs: 100 })
    expect(await failureCode(dial)).toBe('TIMEOUT')
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('a stream with bad frames is reset, told to the operator, and hurts no other', async () => {
    const told: string[] = []
    const [client, server] = await startPair({
      onEvent: ({ level, message }) => told.push(`${level} ${message}`),
    })
    const stream = await connectionOf(client).newStream(ECHO, {
      signal: AbortSignal.timeout(5_000),
    })
    const header = new Uint8Array(HEADER_BYTES).fill(0xff)
    header[4] = REQUEST
    stream.send(header)
    await until('the reset', () => stream.status === 'reset')
    expect(told).toContain('warn bad frames')
    const ask = client.request(server.peerId, ECHO, utf8('x'), { deadlineMs })
    expect(await failureCode(ask)).toBe('resolved')
  })

  test('a peer may open a few streams of a protocol, not many', async () => {
    const [client] = await startPair()
    const connection = connectionOf(client)
    const signal = AbortSignal.timeout(5_000)
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => connection.newStream(ECHO, { signal })),
    )
    const open = () => streams.filter(({ status }) => status === 'open').length
    await until('most of them reset', () => open() <= 4)
    expect(open()).toBeGreaterThan(0)
  })

  test('a peer that never reads its answers is not served without end', async () => {
    let served = 0
    const [client, server] = await startPair()
    server.handle('/test/big/1', () => {
      served++
      return new Uint8Array(1024 * 1024)
    })
    const connection = connectionOf(client)
    const stream = await connection.newStream('/test/big/1', {
      signal: AbortSignal.timeout(5_000),
    })
    stream.pause()
    const request = new Uint8Array(HEADER_BYTES)
    request[4] = REQUEST
    for (let i = 0; i < 1_000; i++) stream.send(request.slice())
    const ask = () => failureCode(client.request(server.peerId, ECHO, utf8('x'), { deadlineMs }))
    await until('it stopped serving', () => served >= 8)
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('resolved')
    expect(served).toBeLessThanOrEqual(10)
    stream.abort(new Error('done'))
  })

  test('a libp2p node that is not one of ours never becomes a peer', async () => {
    const server = await startHost(1)
    const foreign = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    })
    const connection = await foreign.dial(multiaddr(addressOf(server)))
    expect(connection.encryption).toBe('/noise')
    await until('the server saw it', () => server.libp2p.getConnections().length === 1)
    expect(server.peers()).toEqual([])
    await foreign.stop()
  })
})
