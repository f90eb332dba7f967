import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const ECHO = '/bench/echo/1.0.0'

/** The yardsticks: kad-dht's own put and get, and one long-lived raw libp2p stream. */
export const startNode = async () => {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 100, maxIncomingPendingConnections: 100 },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: '/bench/kad/1.0.0',
        clientMode: false,
        initialQuerySelfInterval: 10,
        peerInfoMapper: passthroughMapper,
        validators: { v: async () => {} },
        selectors: { v: () => 0 },
      }),
    },
  })
  await node.handle(
    ECHO,
    (stream) => {
      stream.addEventListener('message', ({ data }) => {
        stream.send(data)
      })
    },
    { maxInboundStreams: 8 },
  )
  const encoder = new TextEncoder()
  const key = (sizeBytes, i) => encoder.encode(`/v/bench-${sizeBytes}-${i % 64}`)
  let values = {}
  const valueOf = (sizeBytes) => (values[sizeBytes] ??= new Uint8Array(sizeBytes).fill(7))
  let peers = []
  let echo
  return {
    address: node.getMultiaddrs()[0].toString(),
    connect: async (addresses) => {
      peers = addresses.map((address) => multiaddr(address))
      for (const address of peers) await node.dial(address)
    },
    operation: async ({ op, sizeBytes }) => {
      const put = async (i) => {
        const events = node.services.dht.put(key(sizeBytes, i), valueOf(sizeBytes))
        for await (const event of events) void event
      }
      if (op === 'kad-put') return put
      if (op === 'kad-get') {
        for (let i = 0; i < 64; i++) await put(i)
        return async (i) => {
          let found
          for await (const event of node.services.dht.get(key(sizeBytes, i)))
            if (event.name === 'VALUE') found = event.value
          if (found?.length !== sizeBytes) throw new Error('kad-dht returned the wrong value')
        }
      }
      echo ??= createEcho(await node.dialProtocol(peers[0], ECHO))
      return echo(valueOf(sizeBytes))
    },
    stop: () => node.stop(),
  }
}

/** One request is `payload`, one answer as many bytes; answers come in order. */
const createEcho = (stream) => {
  const waiting = []
  let [received, wanted] = [0, 0]
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
    while (waiting.length > 0 && received >= wanted) {
      received -= wanted
      waiting.shift()()
    }
  })
  return (payload) => {
    wanted = payload.length
    return async () => {
      const answered = new Promise((resolve) => waiting.push(resolve))
      if (stream.writableNeedsDrain) await stream.onDrain()
      stream.send(payload)
      await answered
    }
  }
}
