import { utf8 } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import type { Libp2pHost } from '../src/host.js'
import {
  ECHO,
  failureCode,
  kill,
  NEVER,
  startHost,
  startProcess,
  stateOf,
  until,
  untilState,
  type RemotePeer,
} from './nodes.js'

/** Real processes on a busy machine: five times what the protocol promises. */
const MARGIN = 5
const SUSPECT_MS = 200 * MARGIN
const GONE_MS = 50 * MARGIN

const meet = async (host: Libp2pHost, remote: RemotePeer): Promise<void> => {
  await host.dial(remote.address)
  await untilState(host, remote.peerId, 'connected')
}

/** Milliseconds until the peer is in the state. */
const timeUntil = async (
  host: Libp2pHost,
  remote: RemotePeer,
  state: 'suspect' | 'connected' | 'disconnected',
): Promise<number> => {
  const startedMs = performance.now()
  await untilState(host, remote.peerId, state)
  return performance.now() - startedMs
}

describe('a peer in another process', () => {
  test('killed during requests: they fail at once, and it is disconnected', async () => {
    const host = await startHost(1)
    const remote = await startProcess(2)
    await meet(host, remote)
    const ask = (protocol: string) =>
      failureCode(host.request(remote.peerId, protocol, utf8('x'), { deadlineMs: 10_000 }))
    expect(await ask(ECHO)).toBe('resolved')
    const waiting = Array.from({ length: 20 }, () => ask(NEVER))
    await until('requests under way', () => host.libp2p.getConnections().length > 0)
    const startedMs = performance.now()
    remote.child.kill('SIGKILL')
    const codes = await Promise.all(waiting)
    expect(performance.now() - startedMs).toBeLessThan(GONE_MS)
    expect(new Set(codes)).toEqual(new Set(['PEER_UNREACHABLE']))
    expect(stateOf(host, remote.peerId)).toBe('disconnected')
  })

  test('stopped: suspect, still connected to libp2p, and trusted again when it goes on', async () => {
    const host = await startHost(1)
    const remote = await startProcess(2)
    await meet(host, remote)
    remote.child.kill('SIGSTOP')
    expect(await timeUntil(host, remote, 'suspect')).toBeLessThan(SUSPECT_MS)
    expect(host.libp2p.getConnections()).toHaveLength(1)
    const startedMs = performance.now()
    const answer = failureCode(host.request(remote.peerId, ECHO, utf8('x'), { deadlineMs: 60 }))
    expect(await answer).toBe('TIMEOUT')
    expect(performance.now() - startedMs).toBeLessThan(60 * MARGIN)
    remote.child.kill('SIGCONT')
    expect(await timeUntil(host, remote, 'connected')).toBeLessThan(SUSPECT_MS)
  })

  test('restarted with its identity on its address: it is back by itself', async () => {
    const host = await startHost(1)
    const first = await startProcess(2)
    await meet(host, first)
    await kill(first.child)
    await untilState(host, first.peerId, 'disconnected')
    const listen = [first.address.replace(/\/p2p\/.*$/, '')]
    const second = await startProcess(2, { listen })
    expect(second.peerId).toBe(first.peerId)
    await untilState(host, first.peerId, 'connected')
  })

  test('restarted on another port: it is back when it dials us', async () => {
    const host = await startHost(1)
    const first = await startProcess(2)
    await meet(host, first)
    await kill(first.child)
    const second = await startProcess(2, { bootstrap: host.addresses() })
    await untilState(host, second.peerId, 'connected')
    const ask = host.request(second.peerId, ECHO, utf8('x'), { deadlineMs: 10_000 })
    expect(await failureCode(ask)).toBe('resolved')
  })

  test('while it is away, the one stopped loses nobody but its own time', async () => {
    // The process that was stopped must not accuse us when it goes on: it is seen from here by its
    // requests' stream, which it would have reset.
    const host = await startHost(1)
    const remote = await startProcess(2)
    await meet(host, remote)
    await untilState(host, remote.peerId, 'connected')
    const [connection] = host.libp2p.getConnections()
    remote.child.kill('SIGSTOP')
    await untilState(host, remote.peerId, 'suspect')
    remote.child.kill('SIGCONT')
    await untilState(host, remote.peerId, 'connected')
    expect(host.libp2p.getConnections()).toEqual([connection])
  })
})
