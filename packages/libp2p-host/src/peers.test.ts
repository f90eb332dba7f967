import { ManualClock, type PeerStatus, Deadlines } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import type { Connection, Stream } from '@libp2p/interface'
import { IN_FLIGHT_MAX, PEERS_MAX } from './limits.js'
import { PeerLink, type LinkContext } from './peer-link.js'
import { Peers } from './peers.js'
import { ANSWER, HEADER_BYTES } from './rpc/frame.js'

const close = (): Promise<void> => Promise.resolve()

/** A connection whose streams answer every heartbeat, or nothing. */
const fakeConnection = (isAlive: boolean): Connection => {
  const newStream = (): Promise<Stream> => {
    const stream = Object.assign(new EventTarget(), {
      status: 'open',
      readStatus: 'readable',
      writableNeedsDrain: false,
      writeBufferLength: 0,
      abort: () => {},
      send: (batch: Uint8Array) => {
        if (!isAlive) return true
        const data = batch.slice(0, HEADER_BYTES)
        data[4] = ANSWER
        queueMicrotask(() => stream.dispatchEvent(Object.assign(new Event('message'), { data })))
        return true
      },
    })
    return Promise.resolve(stream as unknown as Stream)
  }
  return { status: 'open', newStream, close, abort: () => {} } as unknown as Connection
}

const setUp = () => {
  const clock = new ManualClock()
  const changes: PeerStatus['state'][] = []
  const lost: string[] = []
  const context: LinkContext = {
    clock,
    deadlines: new Deadlines(clock),
    detector: { heartbeatMs: 50, suspectAfterMs: 150, deadAfterMs: 10_000, tickMs: 25 },
    queuedBytesMax: 1024 * 1024,
    connect: () => Promise.reject(new Error('nobody there')),
    onChange: (link, hasNewState) => {
      if (hasNewState) changes.push(link.state)
    },
    onLost: (link) => lost.push(link.peerId),
  }
  return { clock, context, changes, lost, peers: new Peers(context) }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}

const codeOfRejected = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  )

describe('the link to a peer', () => {
  test('joins with the first heartbeat, and is lost with its last connection', async () => {
    const { context, changes, lost } = setUp()
    const link = new PeerLink('peer', context)
    const [first, second] = [fakeConnection(true), fakeConnection(true)]
    link.onConnectionOpen(first)
    expect([link.state, link.hasJoined]).toEqual(['disconnected', false])
    await settle()
    expect([link.state, link.hasJoined]).toEqual(['connected', true])
    link.onConnectionOpen(second)
    link.onConnectionClose(first)
    expect([changes, lost]).toEqual([['connected'], []])
    link.onConnectionClose(second)
    link.onConnectionClose(second)
    expect([changes, lost]).toEqual([['connected', 'disconnected'], ['peer']])
  })

  test('one that closes before it answered has refused us', async () => {
    const { context } = setUp()
    const link = new PeerLink('peer', context)
    const connection = fakeConnection(false)
    link.onConnectionOpen(connection)
    const joining = codeOfRejected(link.joined(new AbortController().signal))
    link.onConnectionClose(connection)
    expect(await joining).toBe('PEER_REFUSED')
  })

  test('one that never answers is hung up', async () => {
    const { clock, context } = setUp()
    const link = new PeerLink('peer', context)
    let aborted = 0
    link.onConnectionOpen(Object.assign(fakeConnection(false), { abort: () => aborted++ }))
    for (let i = 0; i < 500; i++) {
      clock.advance(25)
      link.tick(25, 0)
      await Promise.resolve()
    }
    expect(aborted).toBeGreaterThan(0)
    expect(link.hasJoined).toBe(false)
  })

  test('after hangUp it is not wanted, until it joins again', async () => {
    const { context } = setUp()
    const link = new PeerLink('peer', context)
    const connection = fakeConnection(true)
    link.onConnectionOpen(connection)
    await settle()
    await link.hangUp()
    link.onConnectionClose(connection)
    expect(link.isWanted).toBe(false)
    link.onConnectionOpen(fakeConnection(true))
    await settle()
    expect(link.isWanted).toBe(true)
  })

  test('requests without an answer are bounded in number', async () => {
    const { context } = setUp()
    const link = new PeerLink('peer', { ...context, queuedBytesMax: 1e9 })
    link.onConnectionOpen(fakeConnection(false))
    const ask = () => link.request('/x/1', new Uint8Array(0), 1_000, undefined)
    for (let i = 0; i < IN_FLIGHT_MAX; i++) ask().catch(() => {})
    expect(await codeOfRejected(ask())).toBe('PEER_BUSY')
    link.stop()
  })
})

describe('the peers of a host', () => {
  test('are bounded in number; those that are connected stay', () => {
    const { peers } = setUp()
    peers.of('connected').onConnectionOpen(fakeConnection(false))
    for (let i = 0; i < 2 * PEERS_MAX; i++) peers.of(`peer-${i}`)
    expect(Array.from(peers)).toHaveLength(PEERS_MAX)
    expect(peers.get('connected')).toBeDefined()
    expect(peers.get('peer-0')).toBeUndefined()
  })

  test('one that never joined leaves no trace; one that did is listed', async () => {
    const { peers } = setUp()
    const [stranger, friend] = [peers.of('stranger'), peers.of('friend')]
    const connection = fakeConnection(true)
    friend.onConnectionOpen(connection)
    await settle()
    friend.onConnectionClose(connection)
    for (const link of [stranger, friend]) peers.onLost(link)
    expect(peers.statuses()).toMatchObject([{ peerId: 'friend', state: 'disconnected' }])
    expect(peers.get('stranger')).toBeUndefined()
  })
})
