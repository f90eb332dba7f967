import { abortError, type Clock, type PeerState, type PeerStatus, type Deadlines } from '@bzzz/base'
import type { Connection } from '@libp2p/interface'
import {
  newDetector,
  stepDetector,
  type DetectorConfig,
  type DetectorInput,
  type DetectorState,
} from './detector.js'
import { hostError } from './errors.js'
import { DIAL_COOL_DOWN_MS, IN_FLIGHT_MAX, MESSAGE_BYTES_MAX, STREAM_OPEN_MS } from './limits.js'
import { RequestStream } from './rpc/request-stream.js'
import { openPort } from './rpc/stream-port.js'
import { timeLimit } from './time-limit.js'
import { translatePeerError } from './translate.js'

export const HEARTBEAT = '/bzzz/heartbeat/1.0.0'

const NOTHING = new Uint8Array(0)

/** What a link needs of its host. */
export interface LinkContext {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly detector: DetectorConfig
  readonly queuedBytesMax: number
  /** Opens a connection to the peer. */
  readonly connect: (peerId: string) => Promise<Connection>
  /** State, round-trip time or addresses changed. */
  readonly onChange: (link: PeerLink, hasNewState: boolean) => void
  /** The last connection is gone. */
  readonly onLost: (link: PeerLink) => void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** One peer: its connections, a request stream per protocol, and its failure detector. */
export class PeerLink {
  readonly peerId: string
  readonly #context: LinkContext
  readonly #connections = new Set<Connection>()
  readonly #streams = new Map<string, RequestStream>()
  readonly #waiters = new Set<Waiter>()
  #detector: DetectorState | undefined
  #ping: symbol | undefined
  #addresses: readonly string[] = []
  #hasJoined = false
  #isWanted = true
  #dialling: Promise<Connection> | undefined
  #coolDownUntilMs = 0

  constructor(peerId: string, context: LinkContext) {
    this.peerId = peerId
    this.#context = context
  }

  get isConnected(): boolean {
    return this.#detector !== undefined
  }

  /** True once the peer answered a heartbeat, on this connection or an earlier one. */
  get hasJoined(): boolean {
    return this.#hasJoined
  }

  /** False from `hangUp` until the peer joins again: it is not to be dialled. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  get state(): PeerState {
    const phase = this.#detector?.phase
    return phase === undefined || phase === 'joining' ? 'disconnected' : phase
  }

  get status(): PeerStatus {
    return {
      peerId: this.peerId,
      state: this.state,
      rttMs: this.#detector?.rttMs,
      addresses: this.#addresses,
    }
  }

  setAddresses(addresses: readonly string[]): void {
    this.#addresses = addresses
    this.#context.onChange(this, false)
  }

  onConnectionOpen(connection: Connection): void {
    this.#connections.add(connection)
    if (this.#detector !== undefined) return
    this.#detector = newDetector(this.#context.clock.monotonicMs())
    this.tick(0, 0)
  }

  onConnectionClose(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size > 0 || this.#detector === undefined) return
    const hadState = this.state !== 'disconnected'
    this.#detector = undefined
    this.#ping = undefined
    this.#failStreams('the connection closed')
    const refused = `${this.peerId} closed the connection before it answered`
    for (const waiter of this.#waiters) waiter.reject(hostError('PEER_REFUSED', refused))
    this.#waiters.clear()
    if (hadState) this.#context.onChange(this, true)
    this.#context.onLost(this)
  }

  /** Resolves when the peer has answered a heartbeat: only then has it accepted us. */
  joined(signal: AbortSignal): Promise<void> {
    if (this.state !== 'disconnected') return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { resolve, reject }
    this.#waiters.add(waiter)
    const onAbort = (): void => {
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return promise.finally(() => {
      this.#waiters.delete(waiter)
      signal.removeEventListener('abort', onAbort)
    })
  }

  tick(elapsedMs: number, lagMs: number): void {
    this.#step({ type: 'tick', elapsedMs, lagMs })
  }

  request(
    protocol: string,
    payload: Uint8Array,
    deadlineAtMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const error = this.#objection(payload, signal)
    if (error !== undefined) return Promise.reject(error)
    return this.#streamFor(protocol).request(payload, deadlineAtMs, signal)
  }

  /** Closes all connections. Gracefully, so that answers under way still arrive. */
  async hangUp(): Promise<void> {
    this.#isWanted = false
    await Promise.all(
      Array.from(this.#connections, (connection) =>
        connection.close().catch((error: unknown) => {
          connection.abort(error instanceof Error ? error : new Error(String(error)))
        }),
      ),
    )
  }

  /** Fails everything in flight; the host is stopping. */
  stop(): void {
    this.#failStreams('this host is stopping')
    for (const waiter of this.#waiters)
      waiter.reject(hostError('PEER_UNREACHABLE', 'this host is stopping'))
    this.#waiters.clear()
  }

  #objection(payload: Uint8Array, signal: AbortSignal | undefined): Error | undefined {
    if (signal?.aborted === true) return abortError(signal)
    if (payload.length > MESSAGE_BYTES_MAX)
      return hostError(
        'REQUEST_TOO_LARGE',
        `a request of ${payload.length} bytes; at most ${MESSAGE_BYTES_MAX}`,
      )
    const { bytes, requests } = this.#load
    if (bytes + payload.length > this.#context.queuedBytesMax || requests >= IN_FLIGHT_MAX)
      return hostError('PEER_BUSY', `${bytes} bytes, ${requests} requests wait for ${this.peerId}`)
    if (!this.isConnected && this.#context.clock.monotonicMs() < this.#coolDownUntilMs)
      return hostError('PEER_UNREACHABLE', `a dial to ${this.peerId} has just failed`)
    return undefined
  }

  get #load(): { bytes: number; requests: number } {
    const load = { bytes: 0, requests: 0 }
    for (const stream of this.#streams.values()) {
      load.bytes += stream.queuedBytes
      load.requests += stream.inFlight
    }
    return load
  }

  #streamFor(protocol: string): RequestStream {
    const existing = this.#streams.get(protocol)
    if (existing !== undefined && !existing.isFailed) return existing
    const stream = new RequestStream({
      peerId: this.peerId,
      deadlines: this.#context.deadlines,
      onAnswer: () => {
        this.#step({ type: 'answer' })
      },
    })
    this.#streams.set(protocol, stream)
    void this.#open(protocol, stream)
    return stream
  }

  async #open(protocol: string, requests: RequestStream): Promise<void> {
    const limit = timeLimit(this.#context.clock, STREAM_OPEN_MS)
    try {
      const connection = await this.#connection()
      const stream = await connection.newStream(protocol, { signal: limit.signal })
      const closed = `the stream for ${protocol} to ${this.peerId} closed`
      const port = openPort(stream, {
        onBytes: (bytes) => {
          requests.onBytes(bytes)
        },
        onDrain: () => {
          requests.onDrain()
        },
        onEnd: () => {
          requests.fail(hostError('PEER_UNREACHABLE', closed))
        },
        onClose: (cause) => {
          requests.fail(hostError('PEER_UNREACHABLE', closed, { cause }))
        },
      })
      if (stream.status === 'open') requests.attach(port)
      else requests.fail(hostError('PEER_UNREACHABLE', closed))
    } catch (error) {
      requests.fail(translatePeerError(error, `no stream for ${protocol} to ${this.peerId}`))
    } finally {
      limit.clear()
    }
  }

  #connection(): Promise<Connection> {
    for (const connection of this.#connections)
      if (connection.status === 'open') return Promise.resolve(connection)
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = undefined
    })
    return this.#dialling
  }

  async #dial(): Promise<Connection> {
    try {
      return await this.#context.connect(this.peerId)
    } catch (error) {
      this.#coolDownUntilMs = this.#context.clock.monotonicMs() + DIAL_COOL_DOWN_MS
      throw error
    }
  }

  #step(input: DetectorInput): void {
    const before = this.#detector
    if (before === undefined) return
    const { clock, detector } = this.#context
    const step = stepDetector(before, input, clock.monotonicMs(), detector)
    this.#detector = step.state
    if (step.state.phase !== before.phase) this.#onPhase()
    else if (step.state.rttMs !== before.rttMs) this.#context.onChange(this, false)
    if (step.shouldHangUp) this.#abandon()
    else if (step.shouldPing) this.#sendPing()
  }

  #onPhase(): void {
    this.#hasJoined = true
    this.#isWanted = true
    for (const waiter of this.#waiters) waiter.resolve()
    this.#waiters.clear()
    this.#context.onChange(this, true)
  }

  #sendPing(): void {
    const ping = Symbol('ping')
    this.#ping = ping
    const { clock, detector } = this.#context
    const deadlineAtMs = clock.monotonicMs() + 2 * detector.deadAfterMs
    this.#streamFor(HEARTBEAT)
      .request(NOTHING, deadlineAtMs, undefined)
      .then(
        () => {
          if (this.#ping === ping) this.#step({ type: 'pong' })
        },
        () => {
          if (this.#ping === ping) this.#step({ type: 'ping-failed' })
        },
      )
  }

  /** The connection is dead, or the peer does not speak our protocol. */
  #abandon(): void {
    for (const connection of this.#connections)
      connection.abort(new Error('no heartbeat was answered'))
  }

  #failStreams(reason: string): void {
    const error = hostError('PEER_UNREACHABLE', `${this.peerId}: ${reason}`)
    for (const stream of this.#streams.values()) stream.fail(error)
    this.#streams.clear()
  }
}
