import { createSigner } from '@bzzz/crypto'
import { describe, expect, test } from '@jest/globals'
import type { MultiaddrConnection } from '@libp2p/interface'
import { ipGroup, ipOf, parseAddress, parsePeerId, peerIdIn, withPeerId } from './addresses.js'
import { createGater, type GaterOptions } from './gater.js'
import { IpBudget } from './ip-budget.js'

const idOf = (byte: number): string => createSigner(new Uint8Array(32).fill(byte)).peerId

/** As much of a connection as the gater looks at. */
const connectionFrom = (address: string) => {
  const target = Object.assign(new EventTarget(), {
    remoteAddr: parseAddress(address),
    status: 'open',
  })
  return {
    connection: target as unknown as MultiaddrConnection,
    close: () => target.dispatchEvent(new Event('close')),
  }
}

const setUp = (options: Partial<GaterOptions> = {}) => {
  const refused: string[] = []
  const time = { nowMs: 0 }
  const gater = createGater({
    allowPeers: undefined,
    connectionsPerIpMax: undefined,
    nowMs: () => time.nowMs,
    onRefused: (reason) => refused.push(reason),
    ...options,
  })
  const arrive = (address: string) => {
    const { connection, close } = connectionFrom(address)
    return { isDenied: gater.denyInboundConnection?.(connection), close }
  }
  return { gater, refused, time, arrive }
}

const denials = (results: readonly { isDenied: unknown }[]): number =>
  results.filter(({ isDenied }) => isDenied === true).length

describe('the connection gater', () => {
  test('an address has 8 places by default, loopback 64, and gets them back', () => {
    const { arrive, time, refused } = setUp()
    const remote = Array.from({ length: 20 }, (_, i) => arrive(`/ip4/198.51.100.7/tcp/${i + 1000}`))
    expect(denials(remote)).toBe(12)
    expect(refused[0]).toBe('too many connections from 198.51.100.7')
    expect(denials([arrive('/ip4/198.51.100.8/tcp/1')])).toBe(0)
    const local = Array.from({ length: 80 }, (_, i) => arrive(`/ip4/127.0.0.1/tcp/${i + 1000}`))
    expect(denials(local)).toBe(16)
    time.nowMs = 10_000
    expect(denials([arrive('/ip4/198.51.100.7/tcp/1')])).toBe(1)
    remote[0]?.close()
    expect(denials([arrive('/ip4/198.51.100.7/tcp/1')])).toBe(0)
  })

  test('an address that comes and goes is held to its pace', () => {
    const { arrive, time } = setUp({ connectionsPerIpMax: 5 })
    const come = () => {
      const { isDenied, close } = arrive('/ip4/127.0.0.1/tcp/1')
      if (isDenied !== true) close()
      return { isDenied }
    }
    expect(denials(Array.from({ length: 20 }, come))).toBe(15)
    time.nowMs = 200
    expect(denials(Array.from({ length: 20 }, come))).toBe(19)
  })

  test('one IPv6 network is one remote', () => {
    const { arrive } = setUp({ connectionsPerIpMax: 2 })
    const results = Array.from({ length: 5 }, (_, i) => arrive(`/ip6/2001:db8::${i + 1}/tcp/1`))
    expect(denials(results)).toBe(3)
    expect(denials([arrive('/ip6/2001:db8:0:1::1/tcp/1')])).toBe(0)
  })

  test('only peers on the allow-list, in both directions', () => {
    const { gater, refused } = setUp({ allowPeers: new Set([idOf(1)]) })
    const { connection } = connectionFrom('/ip4/127.0.0.1/tcp/1')
    const [friend, stranger] = [parsePeerId(idOf(1)), parsePeerId(idOf(2))]
    for (const [peer, isDenied] of [[friend, false] as const, [stranger, true] as const]) {
      expect(gater.denyDialPeer?.(peer)).toBe(isDenied)
      expect(gater.denyInboundEncryptedConnection?.(peer, connection)).toBe(isDenied)
      expect(gater.denyOutboundEncryptedConnection?.(peer, connection)).toBe(isDenied)
    }
    expect(refused).toHaveLength(3)
    expect(setUp().gater.denyDialPeer?.(stranger)).toBe(false)
  })
})

describe('the budget of addresses', () => {
  test('remembers a bounded number of addresses, and forgets idle ones', () => {
    let nowMs = 0
    const budget = new IpBudget({ maxFor: () => 1, nowMs: () => nowMs })
    for (let i = 0; i < 4_096; i++) expect(budget.take(`host-${i}`)).toBe(true)
    nowMs = 5_000
    expect(budget.take('one-more')).toBe(false)
    budget.give('host-0')
    expect(budget.take('one-more')).toBe(true)
    expect([budget.open('host-0'), budget.open('one-more')]).toEqual([0, 1])
  })
})

describe('addresses', () => {
  test.each(['', 'nonsense', '/ip4/999.1.1.1/tcp/1', '/ip4/127.0.0.1/tcp', '/', 'x'.repeat(600)])(
    '%j is refused',
    (address) => {
      expect(() => parseAddress(address)).toThrow(
        expect.objectContaining({ code: 'HOST_ADDRESS_INVALID' }),
      )
    },
  )

  test('the peer id is added, kept, or contradicted', () => {
    const plain = parseAddress('/ip4/192.0.2.1/tcp/4001/ws')
    const named = withPeerId(plain, idOf(1))
    expect([peerIdIn(plain), peerIdIn(named), ipOf(named)]).toEqual([
      undefined,
      idOf(1),
      '192.0.2.1',
    ])
    expect(withPeerId(named, idOf(1))).toBe(named)
    expect(() => withPeerId(named, idOf(2))).toThrow(/is not an address of/)
    expect(() => parsePeerId('12D3nonsense')).toThrow(/is not a peer id/)
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8:0001:0:1:2:3:4', '2001:db8:1:0::/64'],
    ['2001:db8:1::5', '2001:db8:1:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '::1'],
  ])('%s counts as %s', (ip, group) => {
    expect(ipGroup(ip)).toBe(group)
  })
})
