import { codeOf } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

const small = bytesOf('v')

/** The code of the first of 300 writes that is refused. */
const refusalOf = async (write: (i: number) => Promise<void>): Promise<string | undefined> => {
  for (let i = 0; i < 300; i++)
    try {
      await write(i)
    } catch (error) {
      return codeOf(error)
    }
  return undefined
}

describe('semantics 15: both sides down, or the disk full', () => {
  test('a full disk: a typed error at every level, nothing acknowledged, reads go on', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('before', small)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      node.disk.capacityBytes = node.disk.usedBytes
      const acknowledged: string[] = []
      const refusal = await refusalOf(async (i) => {
        const { key } = await node.dht.put(`k${i}`, new Uint8Array(256 * 1024), { level: 'local' })
        acknowledged.push(key)
      })
      expect(refusal).toBe('STORE_FULL')
      expect(node.controls.health().status).not.toBe('healthy')
      for (const level of [undefined, 'local', 'quorum'] as const)
        await expect(
          node.dht.put('late', new Uint8Array(256 * 1024), { level }),
        ).rejects.toMatchObject({ code: 'STORE_FULL' })
      expect(node.store.head('late')).toBeUndefined()
      expect(textOf((await node.dht.get('before'))?.value)).toBe('v')
      node.kill('power')
      node.disk.capacityBytes = Infinity
      await node.again()
      for (const key of acknowledged) expect(node.store.head(key)).toBeDefined()
    }))

  test('a full disk here is no outage of real: what this node does not hold is still read', () =>
    withLab({ nodes: 5, tuning: { probeEveryMs: 500 } }, async (lab) => {
      const node = lab.node(0)
      const keys = Array.from({ length: 20 }, (_, i) => `k${i}`)
      for (const key of keys) await lab.node(1).dht.put(key, small)
      node.disk.capacityBytes = node.disk.usedBytes
      await refusalOf(async (i) => {
        await node.dht.put(`full${i}`, new Uint8Array(256 * 1024), { level: 'local' })
      })
      await lab.until(() => node.store.state === 'read-only', 'the full disk')
      await lab.pass(5_000)
      for (const key of keys) expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      expect(node.controls.phase).toBe('real')
      // An outage of real is seen all the same.
      node.tap.before = ({ op }) => (op === 'get' ? new Promise<void>(() => {}) : undefined)
      await lab.until(() => node.controls.phase !== 'real', 'the fallback')
    }))

  test('a sync that failed: nothing more is acknowledged, and it is not tried again', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('before', small, { level: 'all' })
      node.disk.failSyncs((sync) => sync === node.disk.syncs)
      await expect(node.dht.put('k', small)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      node.disk.failSyncs(() => false)
      const { syncs } = node.disk
      for (const level of [undefined, 'local', 'quorum'] as const)
        await expect(node.dht.put('late', small, { level })).rejects.toMatchObject({
          code: 'STORE_FAILED',
        })
      expect(node.disk.syncs).toBe(syncs)
      expect(node.controls.health().status).toBe('failed')
      await lab.pass(5_000)
      expect(node.controls.health().status).toBe('failed')
      node.kill('power')
      await node.again()
      await lab.serving(0)
      expect(textOf((await node.dht.get('before'))?.value)).toBe('v')
      expect(await node.dht.get('late')).toBeUndefined()
    }))

  test('the backlog: told at 80 %, refused at 100 %, the oldest is kept, and told again when it falls', () =>
    withLab({ tuning: { dirtyBytesMax: 100_000 } }, async (lab) => {
      const node = lab.node(0)
      const told: [boolean, boolean][] = []
      node.controls.on('backlog-changed', ({ isHigh, bytes, bytesMax }) => {
        told.push([isHigh, bytes >= 0.8 * bytesMax])
      })
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      let written = 0
      const refusal = await refusalOf(async (i) => {
        await node.dht.put(`k${i}`, new Uint8Array(1_000))
        written++
      })
      expect(refusal).toBe('HYBRID_BACKLOG_FULL')
      expect(node.controls.backlog().bytes).toBeGreaterThanOrEqual(100_000)
      await lab.until(() => told.length > 0, 'the alert')
      for (const level of ['local', 'quorum'] as const)
        await expect(node.dht.put('late', small, { level })).rejects.toMatchObject({
          code: 'HYBRID_BACKLOG_FULL',
        })
      expect(node.store.head('late')).toBeUndefined()
      expect(textOf((await node.dht.get('k0'))?.value)?.length).toBe(1_000)
      lab.heal()
      await lab.serving(0)
      await node.dht.put('late', small)
      await lab.until(() => told.length > 1, 'the end of the alert')
      expect(told).toEqual([
        [true, true],
        [false, false],
      ])
      for (let i = 0; i < written; i++) expect(lab.node(1).store.head(`k${i}`)).toBeDefined()
    }))

  test('the cap does not count in mode `mock`, where nothing waits to be sent', () =>
    withLab({ tuning: { dirtyBytesMax: 10_000 } }, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 50; i++)
        expect(await node.dht.put(`k${i}`, new Uint8Array(1_000))).toMatchObject({
          outcome: 'acknowledged',
        })
    }))

  test('a condition above `local` with real down is unavailable, and nothing is logged', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      const before = node.store.sequence
      for (const level of [undefined, 'quorum', 'all', 2] as const)
        await expect(
          node.dht.put('k', small, { expectedVersion: null, level, timeoutMs: 50 }),
        ).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
      expect(node.store.sequence).toBe(before)
      expect(node.store.head('k')).toBeUndefined()
      const receipt = await node.dht.put('k', small, { expectedVersion: null, level: 'local' })
      expect(receipt).toMatchObject({ outcome: 'acknowledged', level: 'local' })
      await expect(
        node.dht.put('k', small, { expectedVersion: null, level: 'local' }),
      ).rejects.toMatchObject({ code: 'DHT_CONFLICT' })
    }))
})

describe('semantics 16: what proves a writer has no mock to fall back to', () => {
  test("while real is away, another's record is not taken unverified", () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await lab.node(1).dht.put('k', small)
      const record = await lab.node(1).store.read('k')
      if (record === undefined) throw new Error('nothing was stored')
      const forged = { ...record, key: 'forged' }
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      node.tap.before = ({ op }) => {
        if (op === 'apply') throw Object.assign(new Error('away'), { code: 'X' })
      }
      await expect(node.dht.apply(forged, { timeoutMs: 50 })).rejects.toBeDefined()
      expect(node.store.head('forged')).toBeUndefined()
    }))

  test('nor before the real side has started', () =>
    withLab({ starts: false }, async (lab) => {
      const [node, peer] = [lab.node(0), lab.node(1)]
      await peer.start()
      await peer.dht.put('k', small, { level: 'local' })
      const record = await peer.store.read('k')
      if (record === undefined) throw new Error('nothing was stored')
      node.failsToJoin = true
      await node.start()
      expect(node.real).toBeUndefined()
      await expect(node.dht.apply({ ...record, key: 'forged' })).rejects.toMatchObject({
        code: 'DHT_UNAVAILABLE',
      })
      expect(node.store.head('forged')).toBeUndefined()
    }))
})
