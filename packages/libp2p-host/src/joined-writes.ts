import { concatBytes } from '@bzzz/base'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'

/** A frame of yamux: version, type, flags (2 bytes), stream (4), length (4), then data. */
const HEADER_BYTES = 12
const VERSION = 0
const WINDOW_UPDATE = 1

/**
 * Makes an encrypter hand to its socket in one buffer what may travel together: the socket makes an
 * encrypted record, a packet and a turn of the event loop of each buffer. The muxer sends a frame's
 * header and data apart, and an update of the window for each frame that came, shortly before the
 * answer to it goes out.
 */
export const joinedWrites =
  <Components>(
    make: (components: Components) => ConnectionEncrypter,
  ): ((components: Components) => ConnectionEncrypter) =>
  (components) => {
    const encrypter = make(components)
    const inbound = encrypter.secureInbound.bind(encrypter)
    const outbound = encrypter.secureOutbound.bind(encrypter)
    encrypter.secureInbound = async (...args) => joined(await inbound(...args))
    encrypter.secureOutbound = async (...args) => joined(await outbound(...args))
    return encrypter
  }

const joined = (secured: SecuredConnection): SecuredConnection => {
  joinSent(secured.connection)
  return secured
}

type Sent = Parameters<MessageStream['send']>[0]

/** Replaces `send` of the stream. A window update waits for what is sent next, or the turn's end. */
const joinSent = (stream: MessageStream): void => {
  const send = stream.send.bind(stream)
  let held: Uint8Array[] = []
  const release = (): void => {
    if (held.length === 0) return
    const frames = held
    held = []
    try {
      send(concatBytes(frames))
    } catch {
      // The connection has closed, and nobody waits for room in a window any more.
    }
  }
  stream.send = (data) => {
    if (data instanceof Uint8Array && isWindowUpdate(data)) {
      if (held.push(data) === 1) setImmediate(release)
      return true
    }
    if (held.length === 0) return send(data instanceof Uint8Array ? data : data.subarray())
    const frames = held
    held = []
    return send(concatBytes([...frames, ...buffersOf(data)]))
  }
}

const buffersOf = (data: Sent): Iterable<Uint8Array> => (data instanceof Uint8Array ? [data] : data)

/** Only plain ones: flags open and close streams. */
const isWindowUpdate = (frame: Uint8Array): boolean =>
  frame.length === HEADER_BYTES &&
  frame[0] === VERSION &&
  frame[1] === WINDOW_UPDATE &&
  frame[2] === 0 &&
  frame[3] === 0
