import { describe, expect, test } from '@jest/globals'
import { ManualClock, seededRandom, type PeerStatus } from '@bzzz/base'
import { contact, type ContactMeans } from '../src/bootstrap/contact.js'
import { directAddress, formatEntry, identityUrl } from '../src/bootstrap/entry.js'
import { readClaim } from '../src/bootstrap/identity-document.js'
import { BootstrapKeeper } from '../src/bootstrap/keeper.js'
import { retryDelayMs } from '../src/bootstrap/retry.js'

const A = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const B = '12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu'
const SELF = '12D3KooWKRyzVWW6ChFjQjK4miCty85Niy48tpPV95XdKu1BcvMA'

const endpoint = { kind: 'host-port', host: '10.0.0.5', port: 4280 } as const

describe('entries', () => {
  test.each([
    [{ ...endpoint }, '/ip4/10.0.0.5/tcp/4280', 'http://10.0.0.5:4280/v1/identity'],
    [
      { ...endpoint, host: 'fd00::7' },
      '/ip6/fd00::7/tcp/4280',
      'http://[fd00::7]:4280/v1/identity',
    ],
    [
      { ...endpoint, host: 'a.example' },
      '/dns/a.example/tcp/4280',
      'http://a.example:4280/v1/identity',
    ],
  ])('%j', (entry, address, url) => {
    expect(directAddress(entry)).toBe(address)
    expect(identityUrl(entry)).toBe(url)
    expect(identityUrl(entry)).toContain(formatEntry(entry))
  })
})

describe('what an HTTP port claims', () => {
  test('the address that we already reach comes first, and every one carries the id', () => {
    const document = {
      peerId: A,
      multiaddrs: ['/ip4/10.9.9.9/tcp/1', `/ip4/10.0.0.5/tcp/1/p2p/${A}`],
    }
    expect(readClaim(document, '10.0.0.5')).toEqual({
      peerId: A,
      addresses: [`/ip4/10.0.0.5/tcp/1/p2p/${A}`, `/ip4/10.9.9.9/tcp/1/p2p/${A}`],
    })
  })

  test('addresses of another peer are dropped, and loopback of another machine', () => {
    const addresses = [`/ip4/10.0.0.5/tcp/1/p2p/${B}`, '/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1']
    expect(() => readClaim({ peerId: A, multiaddrs: addresses }, '10.0.0.5')).toThrow(
      'names no libp2p address',
    )
    expect(readClaim({ peerId: A, multiaddrs: addresses }, '127.0.0.1').addresses).toHaveLength(2)
  })

  test.each([
    ['a text', 'hello'],
    ['no id', { multiaddrs: [] }],
    ['an id that is none', { peerId: '../../etc', multiaddrs: ['/ip4/10.0.0.5/tcp/1'] }],
    ['an address that is none', { peerId: A, multiaddrs: ['http://10.0.0.5'] }],
    ['too many addresses', { peerId: A, multiaddrs: Array(17).fill('/ip4/10.0.0.5/tcp/1') }],
    ['a long address', { peerId: A, multiaddrs: [`/ip4/${'1'.repeat(300)}`] }],
    ['no address', { peerId: A, multiaddrs: [] }],
  ])('refuses %s', (_name, document) => {
    expect(() => readClaim(document, '10.0.0.5')).toThrow(
      expect.objectContaining({ code: 'BOOTSTRAP_IDENTITY_INVALID' }),
    )
  })
})

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })

const means = (overrides: Partial<ContactMeans>): ContactMeans => ({
  selfId: SELF,
  dial: () => Promise.reject(new Error('refused')),
  fetchIdentity: () => Promise.reject(new Error('not HTTP')),
  ...overrides,
})

const dialsAnother = (address: string): Promise<string> =>
  address.includes('/p2p/') ? Promise.resolve(B) : Promise.reject(new Error('refused'))

const claimsA = () => Promise.resolve({ peerId: A, multiaddrs: ['/ip4/10.0.0.5/tcp/1'] })

describe('a contact', () => {
  const signal = new AbortController().signal

  test('through the libp2p port, although the probe hangs', async () => {
    const dial = (address: string): Promise<string> =>
      address === '/ip4/10.0.0.5/tcp/4280' ? Promise.resolve(A) : Promise.reject(new Error(address))
    const peerId = await contact(
      endpoint,
      means({ dial, fetchIdentity: (_u, s) => never(s) }),
      signal,
    )
    expect(peerId).toBe(A)
  })

  test('through the HTTP port, trying its addresses in turn, although the direct dial hangs', async () => {
    const dialled: string[] = []
    const dial = (address: string, abort: AbortSignal): Promise<string> => {
      dialled.push(address)
      if (!address.includes('/p2p/')) return never(abort)
      return address.includes('/tcp/2/') ? Promise.resolve(A) : Promise.reject(new Error('refused'))
    }
    const fetchIdentity = () =>
      Promise.resolve({ peerId: A, multiaddrs: ['/ip4/10.0.0.5/tcp/1', '/ip4/10.0.0.5/tcp/2'] })
    expect(await contact(endpoint, means({ dial, fetchIdentity }), signal)).toBe(A)
    expect(dialled.slice(1)).toEqual([
      `/ip4/10.0.0.5/tcp/1/p2p/${A}`,
      `/ip4/10.0.0.5/tcp/2/p2p/${A}`,
    ])
  })

  test('a claim that the dial does not prove is not believed', async () => {
    const impostor = means({ dial: dialsAnother, fetchIdentity: claimsA })
    await expect(contact(endpoint, impostor, signal)).rejects.toMatchObject({
      code: 'BOOTSTRAP_UNREACHABLE',
      message: expect.stringContaining('claims to be another peer'),
    })
  })

  test('neither: both reasons are told', async () => {
    await expect(contact(endpoint, means({}), signal)).rejects.toMatchObject({
      code: 'BOOTSTRAP_UNREACHABLE',
      message: expect.stringMatching(/10\.0\.0\.5:4280.*not HTTP.*refused/),
    })
  })

  test('an entry that leads to ourselves is recognised without a dial', async () => {
    const fetchIdentity = () =>
      Promise.resolve({ peerId: SELF, multiaddrs: ['/ip4/10.0.0.5/tcp/1'] })
    expect(await contact(endpoint, means({ fetchIdentity }), signal)).toBe(SELF)
  })
})

describe('retries', () => {
  test('grow to a bound, with jitter in their upper half', () => {
    const random = seededRandom(7)
    for (let failures = 1; failures < 40; failures++) {
      const full = Math.min(30_000, 500 * 2 ** (failures - 1))
      const delayMs = retryDelayMs(failures, random)
      expect(delayMs).toBeGreaterThanOrEqual(full / 2)
      expect(delayMs).toBeLessThanOrEqual(full)
    }
  })
})

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

/** A keeper with one entry, whose peer is up or down as told. */
const world = () => {
  const clock = new ManualClock()
  const connected = new Set<string>()
  const listeners = new Set<(peer: PeerStatus) => void>()
  const state = { isUp: false, dials: 0 }
  const keeper = new BootstrapKeeper({
    entries: [{ kind: 'multiaddr', multiaddr: `/ip4/10.0.0.5/tcp/1/p2p/${A}` }],
    means: means({
      dial: () => {
        state.dials += 1
        if (!state.isUp) return Promise.reject(new Error('refused'))
        connected.add(A)
        return Promise.resolve(A)
      },
    }),
    peers: () =>
      [...connected].map((peerId) => ({ peerId, state: 'connected' as const, addresses: [] })),
    onPeerChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    clock,
    random: seededRandom(1),
  })
  const lose = (): void => {
    connected.delete(A)
    for (const listener of listeners) listener({ peerId: A, state: 'disconnected', addresses: [] })
  }
  return { clock, keeper, state, lose }
}

describe('the keeper', () => {
  test('starts although nobody is there, tells why, tries again, and notices a loss', async () => {
    const { clock, keeper, state, lose } = world()
    await keeper.start()
    await turns()
    expect(keeper.status()).toEqual([
      {
        entry: `/ip4/10.0.0.5/tcp/1/p2p/${A}`,
        state: 'failing',
        peerId: undefined,
        failures: 1,
        problem: 'refused',
      },
    ])
    state.isUp = true
    clock.advance(500)
    await turns()
    expect(keeper.status()[0]).toMatchObject({ state: 'connected', peerId: A, problem: undefined })
    clock.advance(120_000)
    await turns()
    expect(state.dials).toBe(2)

    lose()
    clock.advance(500)
    await turns()
    expect(state.dials).toBe(3)
    expect(keeper.status()[0]?.state).toBe('connected')
    await keeper.stop()
  })

  test('stop ends the retries', async () => {
    const { clock, keeper, state } = world()
    await keeper.start()
    await turns()
    await keeper.stop()
    clock.advance(600_000)
    await turns()
    expect(state.dials).toBe(1)
  })
})
