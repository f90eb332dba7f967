import {
  BzzzError,
  codeOf,
  messageOf,
  verdictOf,
  type PeerStatus,
  type PeerTransport,
  type RequestHandler,
  type RequestOptions,
  type Unsubscribe,
} from '@bzzz/base'
import type { Endpoint } from './endpoint.js'
import { simError } from './errors.js'
import type { Work } from './exchange.js'

/** What a transport needs of its network. */
interface Network {
  readonly messageBytesMax: number
  exchange<T>(
    from: Endpoint,
    to: string,
    label: string,
    work: Work<T>,
    options: RequestOptions,
  ): Promise<T>
}

/** An error as the other side sees it: code, verdict and message, and nothing by reference. */
const acrossTheWire = (error: unknown): BzzzError => {
  const code = codeOf(error)
  if (code === undefined) return simError('REQUEST_FAILED', messageOf(error))
  const verdict = verdictOf(error)
  return new BzzzError(
    code,
    { verdict, http: verdict === 'unavailable' ? 503 : 400, meaning: '', remedy: '' },
    messageOf(error),
  )
}

/** A peer's end of the simulated network. */
export class SimTransport implements PeerTransport {
  readonly endpoint: Endpoint
  readonly #network: Network

  constructor(network: Network, endpoint: Endpoint) {
    this.#network = network
    this.endpoint = endpoint
  }

  get peerId(): string {
    return this.endpoint.peerId
  }

  peers(): readonly PeerStatus[] {
    return this.endpoint.peers()
  }

  onPeerChange(listener: (peer: PeerStatus) => void): Unsubscribe {
    return this.endpoint.onPeerChange(listener)
  }

  handle(protocol: string, handler: RequestHandler): Unsubscribe {
    if (this.endpoint.handlers.has(protocol))
      throw simError('PROTOCOL_HANDLED', `${this.peerId} serves ${protocol} already`)
    this.endpoint.handlers.set(protocol, handler)
    return () => {
      if (this.endpoint.handlers.get(protocol) === handler) this.endpoint.handlers.delete(protocol)
    }
  }

  request(
    peerId: string,
    protocol: string,
    payload: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    if (peerId === this.peerId)
      return Promise.reject(simError('PEER_UNREACHABLE', `${peerId} cannot dial itself`))
    const max = this.#network.messageBytesMax
    if (payload.length > max)
      return Promise.reject(
        simError('REQUEST_TOO_LARGE', `a request of ${payload.length} bytes; at most ${max}`),
      )
    const sent = payload.slice()
    const serve = async (at: Endpoint): Promise<Uint8Array> => {
      const handler = at.handlers.get(protocol)
      if (handler === undefined)
        throw simError('PROTOCOL_UNSUPPORTED', `${at.peerId} does not serve ${protocol}`)
      try {
        // Copies, so that neither side sees a later change of the other's buffers.
        const answer = await handler(sent.slice(), this.peerId)
        if (answer.length > max)
          throw simError('REQUEST_TOO_LARGE', `an answer of ${answer.length} bytes; at most ${max}`)
        return answer.slice()
      } catch (error) {
        throw acrossTheWire(error)
      }
    }
    return this.#network.exchange(this.endpoint, peerId, protocol, serve, options)
  }
}
