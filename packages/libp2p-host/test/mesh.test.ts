import { utf8 } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { Libp2pHost } from '../src/host.js'
import {
  addressOf,
  ECHO,
  failureCode,
  PATIENCE_MS,
  seedOf,
  startHost,
  startPair,
  stateOf,
  until,
  untilState,
} from './nodes.js'

const deadlineMs = 10_000

const collect = async (items: AsyncIterable<string>): Promise<string[]> => {
  const out: string[] = []
  for await (const item of items) out.push(item)
  return out
}

/** The address without `/p2p/<id>`. */
const withoutId = (address: string): string => address.replace(/\/p2p\/.*$/, '')

describe('starting and stopping', () => {
  test('a port in use is told with its address, and nothing is left running', async () => {
    const first = await startHost(1)
    const taken = withoutId(addressOf(first))
    const second = new Libp2pHost({ seed: seedOf(2), listen: ['/ip4/127.0.0.1/tcp/0', taken] })
    const failed = await second.start().catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 'HOST_PORT_IN_USE',
      message: `something listens on ${taken}`,
    })
    expect(second.isStarted).toBe(false)
    await first.stop()
    // The same instance starts once the port is free: the failed start released everything.
    await second.start()
    expect(second.addresses()).toHaveLength(2)
    await second.stop()
  })

  test('an address of another machine cannot be listened on', async () => {
    const host = new Libp2pHost({ seed: seedOf(1), listen: ['/ip4/192.0.2.1/tcp/0'] })
    expect(await failureCode(host.start())).toBe('HOST_LISTEN_FAILED')
    await host.stop()
  })

  test('before start and after stop everything but handle is NOT_STARTED', async () => {
    const host = new Libp2pHost({ seed: seedOf(1) })
    const ask = () => failureCode(host.request(host.peerId, ECHO, utf8('x'), { deadlineMs }))
    expect(await ask()).toBe('NOT_STARTED')
    host.handle(ECHO, (payload) => payload)
    await host.start()
    await host.stop()
    expect(await ask()).toBe('NOT_STARTED')
    expect(await failureCode(host.dial('/ip4/127.0.0.1/tcp/1'))).toBe('NOT_STARTED')
    expect(() => host.addresses()).toThrow(expect.objectContaining({ code: 'NOT_STARTED' }))
    expect(host.peers()).toEqual([])
  })

  test('stop fails what is in flight at once', async () => {
    const [client, server] = await startPair()
    server.handle('/test/hang/1', () => new Promise(() => {}))
    const waiting = failureCode(
      client.request(server.peerId, '/test/hang/1', utf8('x'), { deadlineMs }),
    )
    await client.stop()
    expect(await waiting).toBe('PEER_UNREACHABLE')
  })

  test('a start that is aborted leaves nothing running', async () => {
    const host = new Libp2pHost({ seed: seedOf(1) })
    const controller = new AbortController()
    const starting = failureCode(host.start({ signal: controller.signal }))
    controller.abort()
    expect(await starting).toBe('ABORTED')
    expect(host.isStarted).toBe(false)
    await host.stop()
  })
})

describe('dialling', () => {
  test('an address may lack the peer id; the one it names must be right', async () => {
    const server = await startHost(2)
    const [client, other] = [await startHost(1), await startHost(3)]
    expect(await client.dial(withoutId(addressOf(server)))).toBe(server.peerId)
    const wrong = `${withoutId(addressOf(server))}/p2p/${other.peerId}`
    expect(await failureCode((await startHost(4)).dial(wrong))).toBe('PEER_REFUSED')
    expect(server.peers().map(({ peerId }) => peerId)).toEqual([client.peerId])
  })

  test('nobody there, oneself, nonsense, a time limit, an abort', async () => {
    const [client, gone] = [await startHost(1), await startHost(2)]
    const free = addressOf(gone)
    await gone.stop()
    expect(await failureCode(client.dial(free))).toBe('PEER_UNREACHABLE')
    expect(await failureCode(client.dial(addressOf(client)))).toBe('HOST_ADDRESS_INVALID')
    expect(await failureCode(client.dial('localhost:4001'))).toBe('HOST_ADDRESS_INVALID')
    expect(await failureCode(client.dial('/ip4/127.0.0.1/udp/4001/quic-v1'))).toBe(
      'HOST_ADDRESS_INVALID',
    )
    const signal = AbortSignal.abort()
    expect(await failureCode(client.dial(free, { signal }))).toBe('ABORTED')
  })

  test('a request dials a peer whose address is known, and fails fast while that fails', async () => {
    const [client, server] = [await startHost(1), await startHost(2)]
    server.handle(ECHO, (payload) => payload)
    await client.addAddresses(server.peerId, [withoutId(addressOf(server))])
    const ask = () => failureCode(client.request(server.peerId, ECHO, utf8('x'), { deadlineMs }))
    expect(await ask()).toBe('resolved')
    await server.stop()
    await untilState(client, server.peerId, 'disconnected')
    const startedMs = performance.now()
    for (let i = 0; i < 500; i++) expect(await ask()).toBe('PEER_UNREACHABLE')
    // 500 dials would take a second at least.
    expect(performance.now() - startedMs).toBeLessThan(900)
  })

  test('addresses that name another peer, or too many, are refused', async () => {
    const [client, server] = [await startHost(1), await startHost(2)]
    const wrong = client.addAddresses(server.peerId, [addressOf(client)])
    expect(await failureCode(wrong)).toBe('HOST_ADDRESS_INVALID')
    const many = Array.from({ length: 33 }, (_, i) => `/ip4/192.0.2.1/tcp/${i + 1}`)
    expect(await failureCode(client.addAddresses(server.peerId, many))).toBe('HOST_ADDRESS_INVALID')
    expect(await client.knownAddresses(server.peerId)).toEqual([])
  })

  test('hangUp disconnects, and nobody dials again', async () => {
    const [client, server] = await startPair()
    await untilState(server, client.peerId, 'connected')
    await client.hangUp(server.peerId)
    await untilState(client, server.peerId, 'disconnected')
    // The other side did not hang up: it comes back by itself, and that is wanted.
    await untilState(client, server.peerId, 'connected')
    await Promise.all([client.hangUp(server.peerId), server.hangUp(client.peerId)])
    await untilState(client, server.peerId, 'disconnected')
    await untilState(server, client.peerId, 'disconnected')
    expect(await failureCode(client.dial(addressOf(server)))).toBe('resolved')
  })
})

describe('a mesh', () => {
  test('bootstrap peers are dialled, again while they are away; its own address is left out', async () => {
    const seed = await startHost(1)
    const address = addressOf(seed)
    const bootstrap = [withoutId(address)]
    const node = await startHost(2, { bootstrap })
    await untilState(node, seed.peerId, 'connected')
    await seed.stop()
    await untilState(node, seed.peerId, 'disconnected')
    const again = await startHost(1, { listen: bootstrap, bootstrap })
    await untilState(node, again.peerId, 'connected')
    await untilState(again, node.peerId, 'connected')
    expect(again.peers().map(({ peerId }) => peerId)).toEqual([node.peerId])
  })

  test('a bootstrap address that comes back under another identity is met', async () => {
    const first = await startHost(1)
    const listen = [withoutId(addressOf(first))]
    const node = await startHost(2, { bootstrap: listen })
    await untilState(node, first.peerId, 'connected')
    await first.stop()
    const second = await startHost(3, { listen })
    await untilState(node, second.peerId, 'connected')
    expect(stateOf(node, first.peerId)).toBe('disconnected')
  })

  test('kad-dht finds the peers of a star, which then talk to each other', async () => {
    const centre = await startHost(1)
    const alone = await collect(centre.closestPeers(utf8('key')))
    expect(alone).toEqual([])
    const bootstrap = [addressOf(centre)]
    const a = await startHost(2, { bootstrap })
    const b = await startHost(3, { bootstrap })
    b.handle(ECHO, (payload) => payload)
    for (const node of [a, b]) await untilState(node, centre.peerId, 'connected')
    let found: string[] = []
    const look = async (): Promise<void> => {
      for (;;) {
        found = await collect(a.closestPeers(utf8('key')))
        if (found.length === 2) return
      }
    }
    const looking = look()
    await until('both peers found', () => found.length === 2)
    await looking
    expect(new Set(found)).toEqual(new Set([centre.peerId, b.peerId]))
    expect(await failureCode(a.request(b.peerId, ECHO, utf8('x'), { deadlineMs }))).toBe('resolved')
  })

  test('six nodes that all dial all at once are all connected', async () => {
    const hosts = await Promise.all(Array.from({ length: 6 }, (_, i) => startHost(i + 1)))
    const dials = hosts.flatMap((from) =>
      hosts
        .filter((to) => to !== from)
        .map((to) => from.dial(addressOf(to), { timeoutMs: PATIENCE_MS })),
    )
    await Promise.all(dials)
    for (const host of hosts) {
      const states = hosts
        .filter((other) => other !== host)
        .map(({ peerId }) => stateOf(host, peerId))
      expect(states).toEqual(Array.from({ length: 5 }, () => 'connected'))
    }
  })
})
