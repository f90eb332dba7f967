import { expect, test } from '@jest/globals'
import { ManualClock, utf8 } from '@bzzz/base'
import { FakeDisk } from './fake-disk.js'
import { put, startStore, textOf, until } from './harness.js'

/** Holds back syncs of the log until they are let through. */
const gate = (disk: FakeDisk): { syncs: number } => {
  const seen = { syncs: 0 }
  disk.before = (operation, name) => {
    if (operation === 'sync' && name.endsWith('.log')) seen.syncs++
  }
  return seen
}

test('64 writes at once are one sync; what comes during it is the next one', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  const seen = gate(disk)
  const write = (from: number): Promise<void>[] =>
    Array.from({ length: 64 }, (_, i) => put(store, `key-${String(from + i)}`, 'x'))
  const first = write(0)
  await until(() => seen.syncs === 1, 'the first sync')
  const second = write(64)
  const third = write(128)
  await Promise.all([...first, ...second, ...third])
  expect(seen.syncs).toBe(2)
  expect(store.size).toBe(192)
})

test('a retry of a known operation costs no sync', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  await put(store, 'a', '1', 'op')
  const seen = gate(disk)
  await put(store, 'a', '1', 'op')
  expect(seen.syncs).toBe(0)
})

test('records that are known or older are not written', async () => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const store = await startStore(disk, { clock })
  const version = { wallMs: clock.nowMs(), counter: 1, writer: 'node-b' }
  const record = { key: 'a', value: utf8('1'), deleted: false, version, opId: 'op' }
  await store.apply([record])
  const seen = gate(disk)
  await store.apply([record, { ...record, version: { ...version, counter: 0 } }])
  expect(seen.syncs).toBe(0)
})

test('clean marks wait for the next batch, or for the stop', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  for (const key of ['a', 'b']) await put(store, key, '1')
  const seen = gate(disk)
  const heads = ['a', 'b'].map((key) => {
    const head = store.head(key)
    if (head === undefined) throw new Error('no head')
    return head
  })
  store.markClean(heads.slice(0, 1))
  expect(seen.syncs).toBe(0)
  expect([...(await startStore(disk.killed())).dirtyKeys()]).toEqual(['a', 'b'])
  await put(store, 'c', '1')
  expect(seen.syncs).toBe(1)
  expect([...(await startStore(disk.killed())).dirtyKeys()]).toEqual(['b', 'c'])
  store.markClean(heads)
  await store.stop()
  expect([...(await startStore(disk.killed())).dirtyKeys()]).toEqual(['c'])
})

test('more than the queue takes is refused, and goes in when it has drained', async () => {
  const store = await startStore(new FakeDisk(), { queueBytesMax: 1000 })
  const big = (key: string): Promise<void> => put(store, key, 'x'.repeat(2000))
  const first = big('a')
  await expect(big('b')).rejects.toMatchObject({ code: 'STORE_BUSY', verdict: 'unavailable' })
  await first
  await big('b')
  const version = { wallMs: 1, counter: 0, writer: 'node-b' }
  const record = { key: 'c', value: new Uint8Array(600), deleted: false, version, opId: 'op' }
  const applied = store.apply([record])
  await expect(store.apply([record, { ...record, key: 'd' }])).rejects.toMatchObject({
    code: 'STORE_BUSY',
  })
  await applied
})

test('a flood of tiny writes is bounded like large ones', async () => {
  const store = await startStore(new FakeDisk(), { queueBytesMax: 10_000 })
  const flood = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => put(store, String(i), '')))
  }
  await expect(flood()).rejects.toMatchObject({ code: 'STORE_BUSY' })
})

test('a large queue is written in batches of bounded size', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  const frames: number[] = []
  let size = disk.get('00000001.log').length
  disk.before = (operation, name) => {
    if (operation !== 'sync' || !name.endsWith('.log')) return
    frames.push(disk.get(name).length - size)
    size = disk.get(name).length
  }
  await Promise.all(Array.from({ length: 12 }, (_, i) => put(store, String(i), 'x'.repeat(1e6))))
  expect(frames.length).toBeGreaterThan(2)
  expect(Math.max(...frames)).toBeLessThan(5.5 * 1024 * 1024)
})

test('no stamp that left the node is given again after a crash', async () => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const store = await startStore(disk, { clock })
  await put(store, 'a', '1')
  clock.advance(100)
  // Covered by the persisted ceiling, so it may leave before it is durable, and then be lost.
  const lost = store.append({ key: 'a', value: utf8('2') }, { opId: 'lost' })
  expect(lost.sendable).toBeUndefined()
  const crashed = disk.killed()
  clock.jumpWall(-150)
  const again = await startStore(crashed, { clock })
  const next = again.append({ key: 'a', value: utf8('3') }, { opId: 'next' })
  expect(next.sendable).toBeDefined()
  expect([next.record.version.wallMs, lost.record.version.wallMs]).toEqual([
    expect.any(Number),
    expect.any(Number),
  ])
  expect(next.record.version.wallMs).toBeGreaterThan(lost.record.version.wallMs)
  await next.committed
})

test('values over the bound of the cache are read from the disk', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk, { cacheBytesMax: 10_000 })
  for (let i = 0; i < 100; i++) await put(store, `key-${String(i)}`, String(i).repeat(100))
  let inMemory = 0
  for (let i = 0; i < 100; i++) {
    const found = store.read(`key-${String(i)}`)
    if (found instanceof Promise) await found
    else inMemory++
    expect(await textOf(store, `key-${String(i)}`)).toBe(String(i).repeat(100))
  }
  expect(inMemory).toBeLessThan(30)
  // What is read again and again stays, while others pass by.
  for (let i = 0; i < 90; i++) {
    await store.read('key-7')
    await store.read(`key-${String(i)}`)
  }
  expect(store.read('key-7')).not.toBeInstanceOf(Promise)
})

test('overwriting one key does not push the others out of memory', async () => {
  const store = await startStore(new FakeDisk(), { cacheBytesMax: 10_000 })
  await put(store, 'kept', 'value')
  for (let i = 0; i < 500; i++) await put(store, 'hot', `${String(i)}${'x'.repeat(100)}`)
  expect(store.read('kept')).not.toBeInstanceOf(Promise)
  expect(store.read('hot')).not.toBeInstanceOf(Promise)
})

test('superseded operations are remembered up to the bound, oldest forgotten first', async () => {
  const disk = new FakeDisk()
  const options = { supersededMax: 10 }
  const store = await startStore(disk, options)
  for (let i = 0; i < 21; i++) await put(store, 'a', String(i), `op-${String(i)}`)
  const isKnown = (from: typeof store, i: number): boolean =>
    from.append({ key: 'a', value: utf8(String(i)) }, { opId: `op-${String(i)}` }).isDuplicate
  const again = await startStore(disk.killed(), options)
  for (const each of [store, again]) {
    expect(isKnown(each, 20)).toBe(true)
    expect(isKnown(each, 10)).toBe(true)
    expect(isKnown(each, 9)).toBe(false)
  }
})
