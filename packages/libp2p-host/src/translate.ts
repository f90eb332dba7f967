import { codeOf, isAbort, messageOf, type BzzzError } from '@bzzz/base'
import { hostError, type HOST_ERRORS } from './errors.js'

type HostCode = keyof typeof HOST_ERRORS

/** Errors of libp2p and of Node's sockets, by `name` or `code`: the only place that knows them. */
const CODES: Readonly<Record<string, HostCode>> = {
  // This side refused: allow-list or limits.
  DialDeniedError: 'PEER_REFUSED',
  ConnectionDeniedError: 'PEER_REFUSED',
  ConnectionInterceptedError: 'PEER_REFUSED',
  // The handshake failed: another peer id, another private network key, or not libp2p at all.
  EncryptionFailedError: 'PEER_REFUSED',
  UnexpectedPeerError: 'PEER_REFUSED',
  InvalidCryptoExchangeError: 'PEER_REFUSED',
  MuxerUnavailableError: 'PEER_REFUSED',
  // libp2p raises it for a dial to oneself.
  InvalidPeerIdError: 'HOST_ADDRESS_INVALID',
  InvalidMultiaddrError: 'HOST_ADDRESS_INVALID',
  InvalidParametersError: 'HOST_ADDRESS_INVALID',
  NoValidAddressesError: 'HOST_ADDRESS_INVALID',
  TransportUnavailableError: 'HOST_ADDRESS_INVALID',
  UnsupportedListenAddressError: 'HOST_ADDRESS_INVALID',
  UnsupportedProtocolError: 'PROTOCOL_UNSUPPORTED',
  TooManyOutboundProtocolStreamsError: 'PEER_BUSY',
  TooManyInboundProtocolStreamsError: 'PEER_BUSY',
  StreamBufferError: 'PEER_BUSY',
}

/**
 * The host's error for whatever libp2p threw while it talked to a peer. What is not known is
 * `PEER_UNREACHABLE`: another peer may be asked. Our own errors pass through.
 */
export const translatePeerError = (error: unknown, what: string): BzzzError => {
  if (isOurs(error)) return error
  const inner = innermost(error)
  const isLate = isAbort(inner) || nameOf(inner) === 'TimeoutError' || isTimeoutText(inner)
  const code = isLate ? undefined : CODES[nameOf(inner)]
  const text = `${what}: ${isLate ? 'it took too long' : messageOf(inner)}`
  return hostError(code ?? 'PEER_UNREACHABLE', text, { cause: error })
}

/**
 * The host's error for a failed start. libp2p names the cause only inside the text of its error
 * (transport-manager.ts of libp2p 3.3), so that the text has to be searched.
 */
export const translateListenError = (error: unknown, addresses: readonly string[]): BzzzError => {
  if (isOurs(error)) return error
  const text = messageOf(error)
  const where = addresses.find((address) => isNamedWith(text, address, 'EADDRINUSE'))
  if (text.includes('EADDRINUSE'))
    return hostError('HOST_PORT_IN_USE', `something listens on ${where ?? addresses.join(', ')}`, {
      cause: error,
      details: { addresses },
    })
  if (text.includes('No transport was configured'))
    return hostError('HOST_ADDRESS_INVALID', `cannot listen on ${addresses.join(', ')}`, {
      cause: error,
    })
  return hostError('HOST_LISTEN_FAILED', `cannot listen on ${addresses.join(', ')}: ${text}`, {
    cause: error,
  })
}

const isOurs = (error: unknown): error is BzzzError =>
  codeOf(error) !== undefined && nameOf(error) === 'BzzzError'

const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string'
    ? error.name
    : ''

/** A handshake that was too slow is wrapped in the error of one that was refused, by its text alone. */
const isTimeoutText = (error: unknown): boolean => /timeout|timed out/i.test(messageOf(error))

/** A dial to several addresses fails with all their errors: a refusal says more than silence does. */
const innermost = (error: unknown): unknown => {
  if (typeof error !== 'object' || error === null || !('errors' in error)) return error
  const errors: readonly unknown[] = Array.isArray(error.errors) ? error.errors : []
  return errors.find((inner) => CODES[nameOf(inner)] !== undefined) ?? errors[0] ?? error
}

/** libp2p writes one line for each failed address: `<address>: <error>`. */
const isNamedWith = (text: string, address: string, word: string): boolean =>
  text.split('\n').some((line) => line.includes(`${address}: `) && line.includes(word))
