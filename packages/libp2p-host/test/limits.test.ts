import { utf8 } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { connect } from 'node:net'
import { addressOf, ECHO, failureCode, startHost, startPair, until, untilState } from './nodes.js'

describe('limits of the node', () => {
  test('connections over the maximum are refused', async () => {
    const server = await startHost(1, { connectionsMax: 2 })
    const codes: unknown[] = []
    for (const seed of [2, 3, 4, 5]) {
      const client = await startHost(seed)
      codes.push(await failureCode(client.dial(addressOf(server), { timeoutMs: 2_000 })))
    }
    expect(codes.slice(0, 2)).toEqual(['resolved', 'resolved'])
    expect(codes.slice(2)).not.toContain('resolved')
  })

  test('a host with its maximum of connections does not dial', async () => {
    const host = await startHost(1, { connectionsMax: 2 })
    const others = await Promise.all([2, 3, 4].map((seed) => startHost(seed)))
    const codes: unknown[] = []
    for (const other of others) codes.push(await failureCode(host.dial(addressOf(other))))
    expect(codes).toEqual(['resolved', 'resolved', 'PEER_BUSY'])
    const [, , third] = others
    if (third === undefined) throw new Error('no third host')
    await host.addAddresses(third.peerId, [addressOf(third)])
    const ask = host.request(third.peerId, ECHO, utf8('x'), { deadlineMs: 5_000 })
    expect(await failureCode(ask)).toBe('PEER_BUSY')
    expect(host.libp2p.getConnections()).toHaveLength(2)
  })

  test('a WebSocket listener takes no large message and no silence from strangers', async () => {
    const host = await startHost(1, { listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const port = Number(/\/tcp\/(\d+)/.exec(addressOf(host))?.[1])
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    let code = 0
    socket.addEventListener('close', (event) => {
      code = event.code
    })
    socket.addEventListener('open', () => {
      socket.send(new Uint8Array(1024 * 1024 + 1))
    })
    await until('it is thrown out', () => code !== 0)
    // 1009: message too big.
    expect(code).toBe(1009)
    const silent = connect(port, '127.0.0.1')
    let isClosed = false
    silent.on('error', () => {}).on('close', () => (isClosed = true))
    await until('it is thrown out', () => isClosed)
  })

  test('kad-dht keeps no value, not even the public keys that it takes by default', async () => {
    const [client, server] = await startPair()
    await untilState(server, client.peerId, 'connected')
    const { publicKey } = client.libp2p.peerId
    if (publicKey === undefined) throw new Error('no public key')
    const key = new Uint8Array([...utf8('/pk/'), ...publicKey.toMultihash().bytes])
    const signal = AbortSignal.timeout(5_000)
    const put = async (): Promise<number> => {
      let stored = 0
      const events = client.libp2p.services.dht.put(key, publicKeyToProtobuf(publicKey), { signal })
      for await (const event of events)
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
      return stored
    }
    const stored = await put().catch(() => 0)
    expect(stored).toBe(0)
  })

  test('no topic of gossipsub is taken from a peer', async () => {
    const [client, server] = await startPair()
    const control = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub() },
    })
    // Met after the server, it hears of the subscription after the server, too.
    await control.dial(multiaddr(addressOf(client)))
    const heard = (): number => control.services.pubsub.getSubscribers('flood').length
    client.libp2p.services.pubsub.subscribe('flood')
    await until('the subscription is heard', () => heard() === 1)
    expect(server.libp2p.services.pubsub.getPeers()).toHaveLength(1)
    expect(server.libp2p.services.pubsub.getSubscribers('flood')).toEqual([])
    await control.stop()
  })
})
