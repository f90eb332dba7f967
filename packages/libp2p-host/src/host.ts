import {
  abortError,
  Emitter,
  Service,
  throwIfAborted,
  type AbortOptions,
  type PeerStatus,
  type PeerTransport,
  type RequestHandler,
  type RequestOptions,
  type Unsubscribe,
  Deadlines,
} from '@bzzz/base'
import { createSigner, type Signer } from '@bzzz/crypto'
import type { Connection, Libp2p, Peer } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { parseAddress, parsePeerId, withPeerId } from './addresses.js'
import { hostError } from './errors.js'
import { createGater } from './gater.js'
import { DEAD_LINK_MS, DIAL_MS } from './limits.js'
import { createNode, type HostServices } from './node.js'
import { assertNodeVersion } from './node-version.js'
import { resolveOptions, type Libp2pHostOptions, type ResolvedOptions } from './options.js'
import { HEARTBEAT, type PeerLink } from './peer-link.js'
import { Peers } from './peers.js'
import { Reconnector } from './reconnector.js'
import { Redialer } from './redialer.js'
import { Serving } from './serving.js'
import { Ticker } from './ticker.js'
import { timeLimit, type TimeLimit } from './time-limit.js'
import { translateListenError, translatePeerError } from './translate.js'

export interface DialOptions extends AbortOptions {
  /** Gives up with `TIMEOUT` after this long, milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined
}

const ADDRESSES_MAX = 32

const NOTHING = new Uint8Array(0)

/**
 * One libp2p node that all ports of a process share: connections, requests over long-lived streams,
 * and a failure detector. `start` resolves when it listens; bootstrap peers are dialled from then on.
 */
export class Libp2pHost extends Service implements PeerTransport {
  readonly peerId: string
  readonly signer: Signer
  readonly #options: ResolvedOptions
  readonly #deadlines: Deadlines
  readonly #reconnector: Reconnector
  readonly #ticker: Ticker
  readonly #serving: Serving
  readonly #peers: Peers
  readonly #events: Emitter<{ peer: PeerStatus }>
  #node: Libp2p<HostServices> | undefined

  /** Throws `HOST_OPTION_INVALID`, `HOST_ADDRESS_INVALID`, `HOST_NODE_TOO_OLD`. */
  constructor(options: Libp2pHostOptions) {
    super('the libp2p host')
    assertNodeVersion(process.versions.node)
    this.#options = resolveOptions(options)
    this.signer = createSigner(this.#options.seed)
    this.peerId = this.signer.peerId
    const { clock, random, heartbeatMs, suspectAfterMs, queuedBytesMax } = this.#options
    const tickMs = heartbeatMs / 2
    this.#deadlines = new Deadlines(clock)
    this.#ticker = new Ticker(clock, tickMs, (elapsedMs, lagMs) => {
      for (const link of this.#peers) link.tick(elapsedMs, lagMs)
    })
    this.#reconnector = new Reconnector({
      redialer: new Redialer(clock, random),
      bootstrap: this.#options.bootstrap,
      dialAddress: (address) => this.dial(address),
      dialPeer: (link) => this.#redial(link),
      onFailure: (address, error) => {
        this.#options.onEvent({ level: 'debug', message: `no peer at ${address}`, error })
      },
    })
    this.#events = new Emitter((error) => {
      this.#options.onEvent({ level: 'warn', message: 'a peer-change listener failed', error })
    })
    this.#serving = new Serving({
      servingMax: this.#options.servingMax,
      onViolation: (peerId, error) => {
        this.#options.onEvent({ level: 'warn', message: 'bad frames', peerId, error })
      },
    })
    this.#serving.add(HEARTBEAT, () => NOTHING)
    const deadAfterMs = Math.max(DEAD_LINK_MS, 10 * suspectAfterMs)
    this.#peers = new Peers({
      clock,
      queuedBytesMax,
      deadlines: this.#deadlines,
      detector: { heartbeatMs, suspectAfterMs, deadAfterMs, tickMs },
      connect: (peerId) => this.#connect(peerId),
      onChange: (link, hasNewState) => {
        this.#onChange(link, hasNewState)
      },
      onLost: (link) => {
        this.#onLost(link)
      },
    })
  }

  /** The node, for ports that need more than requests. Throws `NOT_STARTED` outside `start` … `stop`. */
  get libp2p(): Libp2p<HostServices> {
    this.assertStarted()
    return this.#running
  }

  /** Multiaddrs that this node listens on, each with `/p2p/<id>`. */
  addresses(): string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  /**
   * Connects, waits until the peer answers, and returns the peer id that the handshake has proven.
   * Rejects with `PEER_UNREACHABLE`, `PEER_REFUSED`, `PEER_BUSY` (this host has no connection left),
   * `TIMEOUT`, `ABORTED`, `HOST_ADDRESS_INVALID`.
   */
  async dial(address: string, options: DialOptions = {}): Promise<string> {
    throwIfAborted(options.signal)
    const target = parseAddress(address)
    const node = this.libp2p
    this.#assertRoom()
    return this.#limited(options, `cannot dial ${address}`, async (signal) => {
      const connection = await node.dial(target, { signal })
      const link = this.#linkOf(connection)
      await link.joined(signal)
      return link.peerId
    })
  }

  /** Closes the connections to a peer and dials it no more. It may still connect by itself. */
  async hangUp(peerId: string): Promise<void> {
    this.#reconnector.drop(peerId)
    await this.#peers.get(peerId)?.hangUp()
  }

  /**
   * Peers nearest to the key by kad-dht's metric, nearest first, without this node; none while
   * none is known. The key is hashed. Rejects with `TIMEOUT` and `ABORTED`.
   */
  async *closestPeers(key: Uint8Array, options: DialOptions = {}): AsyncIterable<string> {
    throwIfAborted(options.signal)
    const { clock } = this.#options
    const { dht } = this.libp2p.services
    // With an empty table kad-dht would wait for a peer, up to three minutes.
    if (this.libp2p.getPeers().length === 0) return
    const limit = timeLimit(clock, options.timeoutMs ?? DIAL_MS, options.signal)
    try {
      for await (const event of dht.getClosestPeers(key, { signal: limit.signal }))
        if (event.name === 'FINAL_PEER') yield event.peer.id.toString()
    } catch (error) {
      throw this.#failureOf(error, options, limit, 'cannot look for the closest peers')
    } finally {
      limit.clear()
    }
  }

  /** Addresses of a peer, each with `/p2p/<id>`; none when it is not known. */
  async knownAddresses(peerId: string): Promise<string[]> {
    const addresses = await this.#storedAddresses(peerId)
    return addresses.map((address) => withPeerId(address, peerId).toString())
  }

  /**
   * Notes where a peer can be dialled: members learnt from others, say. At most 32 at a time.
   * Throws `HOST_ADDRESS_INVALID`, also for an address that names another peer.
   */
  async addAddresses(peerId: string, addresses: readonly string[]): Promise<void> {
    const id = parsePeerId(peerId)
    if (addresses.length > ADDRESSES_MAX)
      throw hostError('HOST_ADDRESS_INVALID', `${addresses.length} addresses; at most 32`)
    const multiaddrs = addresses.map((address) => withPeerId(parseAddress(address), peerId))
    await this.libp2p.peerStore.merge(id, { multiaddrs })
  }

  peers(): readonly PeerStatus[] {
    return this.#peers.statuses()
  }

  /**
   * Sends one request and awaits its answer. A peer that is not connected is dialled first, unless
   * that has just failed. Rejects with what the handler threw, or with `PEER_UNREACHABLE`,
   * `PEER_REFUSED`, `PEER_BUSY`, `PROTOCOL_UNSUPPORTED`, `REQUEST_TOO_LARGE`, `TIMEOUT`, `ABORTED`.
   */
  request(
    peerId: string,
    protocol: string,
    payload: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    try {
      this.assertStarted()
      const deadlineAtMs = this.#options.clock.monotonicMs() + options.deadlineMs
      return this.#linkTo(peerId).request(protocol, payload, deadlineAtMs, options.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Serves a protocol, also before `start`. Throws `PROTOCOL_HANDLED`. */
  handle(protocol: string, handler: RequestHandler): Unsubscribe {
    return this.#serving.add(protocol, handler)
  }

  onPeerChange(listener: (peer: PeerStatus) => void): Unsubscribe {
    return this.#events.on('peer', listener)
  }

  protected override async onStart(options: AbortOptions): Promise<void> {
    const { seed, listen, psk, allowPeers, connectionsMax, connectionsPerIpMax } = this.#options
    const gater = createGater({
      allowPeers,
      connectionsPerIpMax,
      nowMs: () => this.#options.clock.monotonicMs(),
      onRefused: (reason) => {
        this.#options.onEvent({ level: 'info', message: `connection refused: ${reason}` })
      },
    })
    const node = await createNode({ seed, listen, psk, connectionsMax, gater })
    this.#listenTo(node)
    try {
      await this.#serving.attach(node)
      await node.start()
      throwIfAborted(options.signal)
    } catch (error) {
      this.#serving.detach()
      await node.stop()
      throw translateListenError(error, listen)
    }
    this.#node = node
    this.#ticker.start()
    this.#reconnector.start()
  }

  protected override async onStop(): Promise<void> {
    this.#ticker.stop()
    this.#reconnector.stop()
    for (const link of this.#peers) link.stop()
    this.#deadlines.clear()
    this.#serving.detach()
    await this.#running.stop()
    this.#peers.clear()
    this.#events.clear()
    this.#node = undefined
  }

  get #running(): Libp2p<HostServices> {
    if (this.#node === undefined) throw new Error('the libp2p node does not exist')
    return this.#node
  }

  #linkTo(peerId: string): PeerLink {
    const link = this.#peers.get(peerId)
    if (link !== undefined) return link
    if (peerId === this.peerId)
      throw hostError('HOST_ADDRESS_INVALID', 'a node does not send requests to itself')
    parsePeerId(peerId)
    return this.#peers.of(peerId)
  }

  #linkOf(connection: Connection): PeerLink {
    return this.#peers.of(connection.remotePeer.toString())
  }

  #listenTo(node: Libp2p<HostServices>): void {
    node.addEventListener('connection:open', ({ detail: connection }) => {
      this.#linkOf(connection).onConnectionOpen(connection)
    })
    node.addEventListener('connection:close', ({ detail: connection }) => {
      this.#peers.get(connection.remotePeer.toString())?.onConnectionClose(connection)
    })
    node.addEventListener('peer:update', ({ detail }) => {
      this.#onAddresses(detail.peer)
    })
  }

  #onAddresses(peer: Peer): void {
    const peerId = peer.id.toString()
    this.#peers
      .get(peerId)
      ?.setAddresses(
        peer.addresses.map(({ multiaddr }) => withPeerId(multiaddr, peerId).toString()),
      )
  }

  async #storedAddresses(peerId: string): Promise<Multiaddr[]> {
    const id = parsePeerId(peerId)
    const { peerStore } = this.libp2p
    const peer = await peerStore.has(id).then((has) => (has ? peerStore.get(id) : undefined))
    return peer?.addresses.map(({ multiaddr }) => multiaddr) ?? []
  }

  async #connect(peerId: string): Promise<Connection> {
    const node = this.libp2p
    this.#assertRoom()
    const addresses = await this.#storedAddresses(peerId)
    if (addresses.length === 0)
      throw hostError('PEER_UNREACHABLE', `no address of ${peerId} is known`)
    return this.#limited({}, `cannot dial ${peerId}`, (signal) =>
      node.dial(parsePeerId(peerId), { signal }),
    )
  }

  /** One connection too many would make libp2p close another one, which would be dialled again. */
  #assertRoom(): void {
    const { connectionsMax } = this.#options
    if (this.libp2p.getConnections().length < connectionsMax) return
    throw hostError('PEER_BUSY', `this host has its maximum of ${connectionsMax} connections`)
  }

  /** Runs a dial with its time limit, and translates its failure. */
  async #limited<T>(
    options: DialOptions,
    what: string,
    dial: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = timeLimit(this.#options.clock, options.timeoutMs ?? DIAL_MS, options.signal)
    try {
      return await dial(limit.signal)
    } catch (error) {
      throw this.#failureOf(error, options, limit, what)
    } finally {
      limit.clear()
    }
  }

  #failureOf(error: unknown, { signal }: AbortOptions, limit: TimeLimit, what: string): unknown {
    if (signal?.aborted === true) return abortError(signal)
    return limit.signal.aborted ? limit.signal.reason : translatePeerError(error, what)
  }

  #onChange(link: PeerLink, hasNewState: boolean): void {
    this.#peers.invalidate()
    if (!hasNewState) return
    if (link.state === 'connected') this.#reconnector.onJoined(link)
    this.#options.onEvent({ level: 'info', message: link.state, peerId: link.peerId })
    this.#events.emit('peer', link.status)
  }

  #onLost(link: PeerLink): void {
    this.#peers.onLost(link)
    if (this.isStarted) this.#reconnector.onLost(link)
  }

  async #redial(link: PeerLink): Promise<void> {
    await this.#limited({}, `cannot dial ${link.peerId}`, async (signal) => {
      await this.#connect(link.peerId)
      await link.joined(signal)
    })
  }
}
