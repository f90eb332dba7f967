import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf } from '../support.js'

const v = bytesOf('v')

describe('semantics 3: acknowledgement levels', () => {
  test('the default is a quorum where real serves; every receipt tells level and durability', () =>
    withLab({}, async (lab) => {
      const receipt = await lab.node(0).dht.put('k', v)
      expect(receipt).toMatchObject({
        outcome: 'acknowledged',
        level: 'quorum',
        durability: 'disk',
      })
      expect(receipt.heldBy.length).toBeGreaterThanOrEqual(2)
    }))

  test.each(['all', 3] as const)('%s means that many replicas', (level) =>
    withLab({}, async (lab) => {
      const receipt = await lab.node(0).dht.put('k', v, { level })
      expect(receipt).toMatchObject({ outcome: 'acknowledged', level })
      expect(receipt.heldBy.toSorted()).toEqual(['node-1', 'node-2', 'node-3'])
      for (const { store } of lab.nodes) expect(store.head('k')?.version).toEqual(receipt.version)
    }),
  )

  test("a lone node's quorum is itself", () =>
    withLab({ nodes: 1 }, async (lab) => {
      const receipt = await lab.node(0).dht.put('k', v)
      expect(receipt).toMatchObject({ outcome: 'acknowledged', level: 'quorum', replicas: 1 })
    }))

  test('where real does not serve the default is `local`, and the receipt says so', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      expect(await node.dht.put('k', v)).toMatchObject({
        outcome: 'acknowledged',
        level: 'local',
        heldBy: ['node-1'],
      })
    }))

  test.each(['quorum', 'all', 3] as const)(
    'a write at %s is never silently weakened: pending, with its operation and what was reached',
    (level) =>
      withLab({}, async (lab) => {
        const node = lab.node(0)
        lab.isolate(0)
        await lab.until(() => node.controls.phase === 'local', 'the fallback')
        const asked = { level, timeoutMs: 100, opId: 'the operation' }
        const receipt = await node.dht.put('k', v, asked)
        expect(receipt).toMatchObject({ outcome: 'pending', level, opId: 'the operation' })
        expect(receipt.heldBy).toEqual(['node-1'])
        expect(node.controls.details().pending_writes).toBe(1)
        lab.heal()
        await lab.serving(0)
        const retry = await node.dht.put('k', v, asked)
        expect(retry).toMatchObject({ outcome: 'acknowledged', version: receipt.version })
      }),
  )

  test('a read at a named level is refused rather than weakened', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', v)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (const level of ['quorum', 'all', 2] as const)
        await expect(node.dht.get('k', { level, timeoutMs: 50 })).rejects.toMatchObject({
          code: 'DHT_UNAVAILABLE',
        })
    }))

  test('mode `real` has no fallback: pending writes, and typed errors of reads', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', v)
      await node.controls.setMode({ mode: 'real' })
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the loss of the quorum')
      await expect(node.dht.get('k')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
      expect(await node.dht.put('k', v)).toMatchObject({ outcome: 'pending' })
      expect(node.controls.health().status).toBe('failed')
    }))
})
