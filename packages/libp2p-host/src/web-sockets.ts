import type { Listener, Transport } from '@libp2p/interface'
import { webSockets, type WebSocketsComponents } from '@libp2p/websockets'
import type { Server } from 'node:net'

/** The part of a `ws` socket that matters here. */
interface ServerSocket {
  on(event: 'error', listener: () => void): void
}

type OnUpgraded = (socket: ServerSocket, request: unknown) => void

/** One WebSocket message: an encrypted record is 64 KiB at most. */
const MESSAGE_BYTES_MAX = 1024 * 1024

/** A browser sends its upgrade request at once. */
const UPGRADE_MS = 5_000

/** What libp2p's listener keeps private, and has no option for (websockets 10.1). */
interface Internals {
  readonly server: Server
  readonly wsServer: {
    readonly options: { maxPayload: number }
    handleUpgrade: (request: unknown, socket: unknown, head: unknown, done: OnUpgraded) => void
  }
}

/**
 * WebSockets with limits: without them the listener takes messages of 100 MiB, and silent sockets
 * without number, from anyone and before any handshake. And a frame that breaks the protocol would end
 * the process, because nobody listens for the error of its socket.
 */
export const limitedWebSockets =
  (connectionsMax: number) =>
  (components: WebSocketsComponents): Transport => {
    // Its default looks every 500 ms whether a full buffer has drained.
    const transport = webSockets({ bufferedAmountPollInterval: 10 })(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => limited(createListener(options), connectionsMax)
    return transport
  }

const limited = (listener: Listener, connectionsMax: number): Listener => {
  const { server, wsServer } = listener as unknown as Internals
  wsServer.options.maxPayload = MESSAGE_BYTES_MAX
  const handleUpgrade = wsServer.handleUpgrade.bind(wsServer)
  wsServer.handleUpgrade = (request, duplex, head, done) => {
    handleUpgrade(request, duplex, head, (socket, upgraded) => {
      // Its close event follows.
      socket.on('error', () => {})
      done(socket, upgraded)
    })
  }
  server.maxConnections = connectionsMax
  server.on('connection', (socket) => {
    // The upgrade takes this timer off again.
    socket.setTimeout(UPGRADE_MS, () => {
      socket.destroy()
    })
  })
  return listener
}
