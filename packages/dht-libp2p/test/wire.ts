import { baseError, type PeerTransport, type Random } from '@bzzz/base'
import { MESSAGE_BYTES_MAX } from '@bzzz/libp2p-host'
import type { World } from '@bzzz/sim'
import { encodeRequest } from '../src/wire/request.js'

export interface WireOptions {
  readonly world: World
  readonly random: Random
  /** Share of membership exchanges that are served, but whose answer never arrives. */
  readonly exchangeLoss: number
}

/** Version and kind: the first two bytes of every membership exchange. */
const EXCHANGE = encodeRequest({ kind: 'exchange', state: { members: [], pending: [] } })

const isExchange = (payload: Uint8Array): boolean =>
  payload[0] === EXCHANGE[0] && payload[1] === EXCHANGE[1]

const assertFits = (what: string, { length }: Uint8Array): void => {
  if (length > MESSAGE_BYTES_MAX)
    throw baseError('INVALID_ARGUMENT', `${what} of ${length} bytes is more than a host carries`)
}

/** A simulated transport with the limits of a real host, which loses answers of exchanges. */
export const wireOf = (options: WireOptions, transport: PeerTransport): PeerTransport => ({
  peerId: transport.peerId,
  peers: () => transport.peers(),
  onPeerChange: (listener) => transport.onPeerChange(listener),
  handle: (protocol, handler) => transport.handle(protocol, handler),
  request: async (peerId, protocol, payload, requestOptions) => {
    const { world, random, exchangeLoss } = options
    assertFits('a request', payload)
    const answer = await transport.request(peerId, protocol, payload, requestOptions)
    assertFits('an answer', answer)
    if (exchangeLoss === 0 || !isExchange(payload) || random.next() >= exchangeLoss) return answer
    return new Promise((_resolve, reject) => {
      world.clock.setTimer(() => {
        reject(baseError('TIMEOUT', 'the answer was lost'))
      }, 200)
    })
  },
})
