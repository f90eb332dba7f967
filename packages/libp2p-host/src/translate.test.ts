import { baseError, verdictOf } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { assertNodeVersion } from './node-version.js'
import { resolveOptions, type Libp2pHostOptions } from './options.js'
import { translateListenError, translatePeerError } from './translate.js'

const named = (name: string, message = 'text of libp2p'): Error =>
  Object.assign(new Error(message), { name })

describe('translation of libp2p errors', () => {
  test.each([
    ['DialDeniedError', 'PEER_REFUSED'],
    ['ConnectionDeniedError', 'PEER_REFUSED'],
    ['ConnectionInterceptedError', 'PEER_REFUSED'],
    ['EncryptionFailedError', 'PEER_REFUSED'],
    ['UnexpectedPeerError', 'PEER_REFUSED'],
    ['InvalidCryptoExchangeError', 'PEER_REFUSED'],
    ['MuxerUnavailableError', 'PEER_REFUSED'],
    ['InvalidPeerIdError', 'HOST_ADDRESS_INVALID'],
    ['InvalidMultiaddrError', 'HOST_ADDRESS_INVALID'],
    ['InvalidParametersError', 'HOST_ADDRESS_INVALID'],
    ['NoValidAddressesError', 'HOST_ADDRESS_INVALID'],
    ['TransportUnavailableError', 'HOST_ADDRESS_INVALID'],
    ['UnsupportedListenAddressError', 'HOST_ADDRESS_INVALID'],
    ['UnsupportedProtocolError', 'PROTOCOL_UNSUPPORTED'],
    ['TooManyOutboundProtocolStreamsError', 'PEER_BUSY'],
    ['TooManyInboundProtocolStreamsError', 'PEER_BUSY'],
    ['StreamBufferError', 'PEER_BUSY'],
    ['ConnectionClosedError', 'PEER_UNREACHABLE'],
    ['StreamResetError', 'PEER_UNREACHABLE'],
    ['Error', 'PEER_UNREACHABLE'],
  ])('%s becomes %s', (name, code) => {
    const error = translatePeerError(named(name), 'cannot dial')
    expect([error.code, error.message]).toEqual([code, 'cannot dial: text of libp2p'])
  })

  test('our own errors pass through; anything else is unavailable', () => {
    const ours = baseError('TIMEOUT', 'too late')
    expect(translatePeerError(ours, 'x')).toBe(ours)
    for (const thrown of [undefined, null, 'text', 42])
      expect(verdictOf(translatePeerError(thrown, 'x'))).toBe('unavailable')
    for (const late of [
      named('AbortError'),
      named('TimeoutError'),
      named('EncryptionFailedError', 'Handshake timeout'),
    ]) {
      const { code, message } = translatePeerError(late, 'x')
      expect([code, message]).toEqual(['PEER_UNREACHABLE', 'x: it took too long'])
    }
  })

  test('of several failed addresses a refusal is told before a silence', () => {
    const failed = new AggregateError([named('Error'), named('EncryptionFailedError')])
    expect(translatePeerError(failed, 'x').code).toBe('PEER_REFUSED')
    expect(translatePeerError(new AggregateError([named('Error')]), 'x').code).toBe(
      'PEER_UNREACHABLE',
    )
    expect(translatePeerError(new AggregateError([]), 'x').code).toBe('PEER_UNREACHABLE')
  })

  test('a failed start names the address and the cause', () => {
    const listen = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2']
    const text = `Some failed:\n\n  ${listen[1]}: listen EADDRINUSE: address already in use\n`
    const inUse = translateListenError(named('UnsupportedListenAddressesError', text), listen)
    expect([inUse.code, inUse.message]).toEqual([
      'HOST_PORT_IN_USE',
      'something listens on /ip4/127.0.0.1/tcp/2',
    ])
    const noTransport = named('X', `\n  ${listen[0]}: No transport was configured to listen`)
    expect(translateListenError(noTransport, listen).code).toBe('HOST_ADDRESS_INVALID')
    expect(translateListenError(named('X', 'listen EACCES'), listen).code).toBe(
      'HOST_LISTEN_FAILED',
    )
    const ours = baseError('ABORTED', 'stopped')
    expect(translateListenError(ours, listen)).toBe(ours)
  })
})

describe('options', () => {
  const seed = new Uint8Array(32)

  test.each<[string, Partial<Libp2pHostOptions>, string]>([
    ['a short seed', { seed: new Uint8Array(31) }, 'HOST_OPTION_INVALID'],
    ['a short psk', { psk: new Uint8Array(16) }, 'HOST_OPTION_INVALID'],
    ['a listen address that is none', { listen: ['localhost:1'] }, 'HOST_ADDRESS_INVALID'],
    ['a bootstrap address that is none', { bootstrap: ['x'] }, 'HOST_ADDRESS_INVALID'],
    ['a bad id on the allow-list', { allowPeers: ['me'] }, 'HOST_ADDRESS_INVALID'],
    ['no connections', { connectionsMax: 0 }, 'HOST_OPTION_INVALID'],
    ['no connections per IP', { connectionsPerIpMax: 0 }, 'HOST_OPTION_INVALID'],
    ['a heartbeat without end', { heartbeatMs: Number.NaN }, 'HOST_OPTION_INVALID'],
    ['suspicion before the second beat', { suspectAfterMs: 60 }, 'HOST_OPTION_INVALID'],
    ['a queue for no frame', { queuedBytesMax: 10 }, 'HOST_OPTION_INVALID'],
    ['nothing served', { servingMax: 0 }, 'HOST_OPTION_INVALID'],
  ])('%s is refused', (_, options, code) => {
    expect(() => resolveOptions({ seed, ...options })).toThrow(expect.objectContaining({ code }))
  })

  test('defaults are the documented ones; the seed is copied', () => {
    const resolved = resolveOptions({ seed })
    expect(resolved).toMatchObject({
      listen: ['/ip4/127.0.0.1/tcp/0'],
      connectionsMax: 64,
      heartbeatMs: 50,
      suspectAfterMs: 150,
      queuedBytesMax: 8 * 1024 * 1024,
      servingMax: 256,
    })
    expect(resolved.seed).not.toBe(seed)
  })

  test.each(['20.20.2', '22.12.0', '18.0.0'])('Node %s is too old', (version) => {
    expect(() => {
      assertNodeVersion(version)
    }).toThrow(expect.objectContaining({ code: 'HOST_NODE_TOO_OLD' }))
  })

  test.each(['22.13.0', '24.21.0', '26.0.0-pre'])('Node %s will do', (version) => {
    expect(() => {
      assertNodeVersion(version)
    }).not.toThrow()
  })
})
