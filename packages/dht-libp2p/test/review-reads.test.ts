import { describe, expect, jest, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { BATCH_BYTES_MAX } from '../src/limits.js'
import { viewOf } from '../src/view.js'
import { encodeRequest } from '../src/wire/request.js'
import { keyOn, Lab } from './lab.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

describe('a read at a quorum', () => {
  test('does not count a member that a newcomer displaced while the read waited', async () => {
    const lab = await Lab.of(3)
    const { key, replicas } = keyOn(
      4,
      (name) => lab.node(0).store.bucketOf(name),
      (found) => found.includes(3),
    )
    const displaced = [0, 1, 2].find((index) => !replicas.includes(index)) ?? -1
    const [writer = -1, reader = -1] = [0, 1, 2].filter((index) => index !== displaced)
    await lab.world.complete(lab.node(writer).dht.put(key, utf8('old'), { level: 'all' }))

    lab.rule = (from, to) => (from === reader || to === reader ? 'lost' : undefined)
    const newcomer = await lab.add(3, { mustJoin: () => true })
    await lab.world.runUntil(() => newcomer.dht.isSettled, 10_000)
    const receipt = await lab.world.complete(lab.node(writer).dht.put(key, utf8('new')))
    expect(receipt.outcome).toBe('acknowledged')
    expect(lab.node(reader).dht.members).toHaveLength(3)

    // The reader's request to the displaced member waits; the view comes with the writer's answer.
    let asked = 0
    lab.rule = (from, to, request) => {
      if (to === reader || to === 3) return 'lost'
      if (from !== reader || request.kind !== 'read') return undefined
      if (to === displaced) return asked++ === 0 ? 'refused' : undefined
      return lab.node(reader).dht.members.length === 4 ? 'lost' : undefined
    }
    const found = await lab.outcome(lab.node(reader).dht.get(key, { timeoutMs: 3000 }))
    expect(lab.node(reader).dht.members).toHaveLength(4)
    expect(asked).toBeGreaterThan(0)
    expect(typeof found === 'object' ? fromUtf8(found.value) : found).toBe('DHT_UNAVAILABLE')
  })
})

describe('a replica that is asked about a key of others', () => {
  test('neither counts for a read nor grants a lock', async () => {
    const lab = await Lab.of(4)
    const { key, replicas } = keyOn(
      4,
      (name) => lab.node(0).store.bucketOf(name),
      () => true,
    )
    const other = [0, 1, 2, 3].find((index) => !replicas.includes(index)) ?? -1
    const { hash } = viewOf(
      lab.nodes.map(({ id }) => ({ id, storeId: '', sinceMs: 0, addresses: [] })),
    )
    const answersOf = async (index: number): Promise<readonly unknown[]> => {
      const read = { kind: 'read', view: hash, items: [{ key, wantsValue: false }] } as const
      const lock = { kind: 'lock', view: hash, key, opId: `op ${index}`, ttlMs: 10 } as const
      const [a, b] = [await lab.ask(index, read), await lab.ask(index, lock)]
      return ['isCounted' in a && a.isCounted, b.kind === 'lock' && b.isGranted]
    }
    expect(await answersOf(other)).toEqual([false, false])
    for (const index of replicas) expect(await answersOf(index)).toEqual([true, true])
  })
})

describe('answers of a replica', () => {
  const sizes = [250 * 1024, 1024 * 1024, 10, 200 * 1024]

  const names = Array.from({ length: 200 }, (_, i) => `k${i}`)

  const putAll = async (lab: Lab, keys: readonly string[]): Promise<void> => {
    for (const [index, key] of keys.entries())
      await lab.world.complete(lab.node(0).dht.put(key, new Uint8Array(sizes[index] ?? 0)))
  }

  test('fit into a message of the transport, so that a newcomer gets large records', async () => {
    const lab = await Lab.of(1)
    const { store } = lab.node(0)
    const keys = names.filter((name) => store.bucketOf(name) < 256).slice(0, sizes.length)
    keys.sort((a, b) => store.bucketOf(a) - store.bucketOf(b))
    await putAll(lab, keys)
    const newcomer = await lab.add(1, { mustJoin: () => true })
    await lab.world.runUntil(() => newcomer.dht.isSettled, 10_000)
    for (const key of keys) expect(newcomer.store.head(key)).toBeDefined()
  })

  test('leave out values that do not fit; the reader gets them all the same', async () => {
    const lab = new Lab()
    for (const index of [0, 1]) await lab.add(index, { replicas: 1 })
    await lab.world.runUntil(() => lab.isSettled, 10_000)
    const { dht } = lab.node(0)
    const keys = names.filter((name) => dht.isReplica(name)).slice(0, sizes.length)
    await putAll(lab, keys)
    const reads = keys.map((key) => lab.node(1).dht.get(key))
    const found = await lab.world.complete(Promise.all(reads))
    expect(found.map((record) => record?.value.length)).toEqual(sizes)

    const ids = lab.nodes.map(({ id }) => id)
    const { hash } = viewOf(ids.map((id) => ({ id, storeId: '', sinceMs: 0, addresses: [] })))
    const items = keys.map((key) => ({ key, wantsValue: true }))
    const reply = await lab.ask(0, { kind: 'read', view: hash, items })
    const results = reply.kind === 'read' ? reply.results : []
    expect(results.map(({ version }) => version !== undefined)).toEqual(keys.map(() => true))
    expect(results.map(({ record }) => record !== undefined)).toEqual([true, false, true, false])
  })

  test('fit also where a writer sends records of long keys', async () => {
    const lab = await Lab.of(2)
    const keys = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(1024, 'k'))
    let largest = 0
    lab.rule = (_from, _to, request) => {
      largest = Math.max(largest, encodeRequest(request).length)
      return undefined
    }
    const puts = keys.map((key) =>
      lab.node(0).dht.put(key, utf8('v'), { level: 'all', opId: key.slice(0, 256) }),
    )
    const receipts = await lab.world.complete(Promise.all(puts))
    expect(new Set(receipts.map(({ outcome }) => outcome))).toEqual(new Set(['acknowledged']))
    expect(largest).toBeGreaterThan(BATCH_BYTES_MAX / 2)
    expect(largest).toBeLessThan(3 * BATCH_BYTES_MAX)
  })
})
