import { describe, expect, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { waitFor } from '../src/process/wait-for.js'
import { clientOf } from './support/client.js'
import { bzzzOn, realEnvironment, startDaemon, temporaryDirectory } from './support/daemon.js'

describe('two coordinators', () => {
  test('meet through the libp2p port, and again through the HTTP port after a restart', async () => {
    await using one = await temporaryDirectory()
    await using two = await temporaryDirectory()
    await using first = await startDaemon(one.path, { env: realEnvironment() })
    const libp2pPort = /\/tcp\/(\d+)/.exec(first.addresses[0] ?? '')?.[1] ?? ''
    const firstClient = await clientOf(first)
    await firstClient.call('put', { key: 'early', value: utf8('alone') })

    const joinThrough = async (entry: string): Promise<void> => {
      await using second = await startDaemon(two.path, { env: realEnvironment(entry) })
      const client = await clientOf(second)
      const status = await waitFor(`joined through ${entry}`, async () => {
        const now = await client.call('status', {})
        const isMet = now.bootstrap[0]?.state === 'connected' && now.peers.connected === 1
        return isMet && now.components?.[0]?.serving === 'real' && now
      })
      expect(status.bootstrap).toEqual([{ node: entry, state: 'connected' }])
      const { peers } = await client.call('peers', {})
      expect(peers.map(({ peerId }) => peerId)).toEqual([first.peerId])
      // What one wrote while it was alone, the other reads at quorum.
      const found = await waitFor('the record of the first', () =>
        client.call('get', { key: 'early' }),
      )
      expect(fromUtf8(found.value)).toBe('alone')
      const receipt = await client.call('put', { key: entry, value: utf8(entry) })
      expect(receipt).toMatchObject({ outcome: 'acknowledged', replicas: 2, durability: 'disk' })
      expect(receipt.heldBy).toHaveLength(2)
      expect(fromUtf8((await firstClient.call('get', { key: entry })).value)).toBe(entry)
      expect((await second.end('SIGTERM')).code).toBe(0)
    }
    await joinThrough(`127.0.0.1:${libp2pPort}`)
    await joinThrough(new URL(first.url).host)
  })

  test('one that is not there does not keep another from starting; status says why', async () => {
    await using directory = await temporaryDirectory()
    await using daemon = await startDaemon(directory.path, {
      env: { ...realEnvironment('127.0.0.1:9'), BZZZ_FALLBACK_ON_ERROR: 'false' },
    })
    const client = await clientOf(daemon)
    // Told of another node, it is no mesh of its own: what it keeps waits for that one.
    const receipt = await client.call('put', { key: 'k', value: utf8('v'), timeoutMs: 100 })
    expect(receipt).toMatchObject({ outcome: 'pending', heldBy: [daemon.peerId] })
    const found = await client.call('get', { key: 'k', level: 'local' })
    expect(fromUtf8(found.value)).toBe('v')
    const status = await waitFor('the failure in the status', async () => {
      const now = await client.call('status', {})
      return now.bootstrap[0]?.state === 'failed' && now
    })
    expect(status).toMatchObject({ ready: false, backend: 'real', peers: { connected: 0 } })
    expect(status.bootstrap[0]?.error).toContain('127.0.0.1:9')
    const text = await bzzzOn(directory.path)(['status'])
    expect(text.stdout).toContain('bootstrap 127.0.0.1:9 is failed')
  })

  test('a list that all nodes share may name the node itself', async () => {
    await using directory = await temporaryDirectory()
    await using probe = await temporaryDirectory()
    // A port that is free now; the same in the list and in the node's own setting.
    const free = await startDaemon(probe.path)
    const { host } = new URL(free.url)
    await free.end('SIGTERM')
    await using daemon = await startDaemon(directory.path, {
      env: { ...realEnvironment(host), BZZZ_HTTP_PORT: host.split(':')[1] ?? '' },
    })
    const client = await clientOf(daemon)
    const status = await waitFor('itself recognised', async () => {
      const now = await client.call('status', {})
      return now.bootstrap[0]?.state === 'connected' && now
    })
    expect(status.peers.connected).toBe(0)
    // Nobody else is named, so its own quorum is enough.
    const receipt = await client.call('put', { key: 'k', value: utf8('v') })
    expect(receipt).toMatchObject({ outcome: 'acknowledged', replicas: 1 })
  })
})
