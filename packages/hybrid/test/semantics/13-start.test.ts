import { dhtPort } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { describe, expect, test } from '@jest/globals'
import { createRig, bytesOf, FakePeers } from '../support.js'

const down = (): FakePeers => {
  const peers = new FakePeers()
  peers.startError = dhtPort.unavailable('no network')
  return peers
}

describe('semantics 13: the start', () => {
  test('mode `mock` never touches the real side', async () => {
    const { dht, peers, run } = await createRig({ mode: 'mock', percent: 100 }, { peers: down() })
    expect(peers.starts).toBe(0)
    expect(await run(() => dht.put('k', bytesOf('v')))).toMatchObject({ outcome: 'acknowledged' })
  })

  test('mode `hybrid` succeeds without the real side, says so, and tries again until it is there', async () => {
    const peers = down()
    const { dht, run, pass } = await createRig({ mode: 'hybrid', percent: 100 }, { peers })
    expect(dht.controls.health()).toMatchObject({ status: 'degraded', serving: 'store' })
    expect(dht.controls.health().reason).toMatch(/no network/u)
    expect(await run(() => dht.put('k', bytesOf('v')))).toMatchObject({ level: 'local' })
    await pass(10_000)
    expect(peers.starts).toBeGreaterThan(1)
    peers.startError = undefined
    await pass(35_000)
    expect(dht.controls.serving).toBe('real')
    expect(peers.records.has('k')).toBe(true)
  })

  test('mode `real` fails, names the cause, and leaves nothing running', async () => {
    const peers = down()
    const { dht, run, pass, world } = await createRig(
      { mode: 'real', percent: 100 },
      { peers, start: false },
    )
    const embedded = MockDHT.prototype as unknown as { onStop: () => Promise<void> }
    const { onStop } = embedded
    let stops = 0
    embedded.onStop = async () => {
      stops++
    }
    try {
      await expect(run(() => dht.start())).rejects.toMatchObject({
        code: 'HYBRID_START_FAILED',
        message: expect.stringContaining('no network'),
      })
    } finally {
      embedded.onStop = onStop
    }
    expect(stops).toBe(1)
    const starts = peers.starts
    await pass(60_000)
    expect(peers.starts).toBe(starts)
    expect(world.pendingEvents).toBe(0)
    await expect(run(() => dht.get('k'))).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  test.each(['mock', 'hybrid', 'real'] as const)(
    'mode `%s` fails where the embedded side cannot start, and starts no other',
    async (mode) => {
      const rig = await createRig({ mode, percent: 100 }, { start: false })
      const embedded = MockDHT.prototype as unknown as { onStart: () => Promise<void> }
      const onStart = embedded.onStart
      embedded.onStart = () => Promise.reject(new Error('no memory'))
      try {
        await expect(rig.run(() => rig.dht.start())).rejects.toMatchObject({
          code: 'HYBRID_START_FAILED',
          message: expect.stringContaining('no memory'),
        })
      } finally {
        embedded.onStart = onStart
      }
      expect(rig.peers.starts).toBe(0)
    },
  )
})
