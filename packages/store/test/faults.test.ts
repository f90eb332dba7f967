import { describe, expect, test } from '@jest/globals'
import { codeOf, fromUtf8, ManualClock, utf8 } from '@bzzz/base'
import { SEGMENT_HEADER_BYTES } from '../src/log/frame.js'
import type { LogStore } from '../src/log/log-store.js'
import { FakeDisk } from './fake-disk.js'
import { makeStore, put, startStore, textOf, until } from './harness.js'

const SEGMENT = '00000001.log'

/** Fails the next operation of a kind on the log. */
const failNext = (disk: FakeDisk, operation: string, code: string): void => {
  disk.before = (kind, name) => {
    if (kind !== operation || !name.endsWith('.log')) return
    disk.before = () => {}
    throw Object.assign(new Error(code), { code })
  }
}

const codeOfPut = (...args: Parameters<typeof put>): Promise<string | undefined> =>
  put(...args).then(
    () => undefined,
    (error: unknown) => codeOf(error),
  )

/** Lets time pass until the store takes writes again. */
const writable = (clock: ManualClock, store: LogStore): Promise<void> =>
  until(() => {
    clock.advance(100)
    return store.state === 'ready'
  }, 'the store takes writes again')

describe('a sync that fails', () => {
  for (const operation of ['append', 'sync'])
    test(`EIO on ${operation}: nothing is acknowledged any more, reads go on`, async () => {
      const disk = new FakeDisk()
      const store = await startStore(disk)
      await put(store, 'a', '1')
      failNext(disk, operation, 'EIO')
      const [first, second] = [put(store, 'a', '2'), put(store, 'b', '3')]
      await expect(first).rejects.toMatchObject({ code: 'STORE_FAILED', verdict: 'unavailable' })
      await expect(second).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(store.state).toBe('failed')
      let syncs = 0
      disk.before = (kind) => {
        if (kind === 'sync' || kind === 'append') syncs++
      }
      expect(await codeOfPut(store, 'c', '4')).toBe('STORE_FAILED')
      await expect(store.apply([])).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(await textOf(store, 'a')).toBe('1')
      expect(store.read('b')).toBeUndefined()
      await store.stop()
      expect(syncs).toBe(0)
      const again = await startStore(disk.killed())
      expect(['1', '2']).toContain(await textOf(again, 'a'))
    })

  test('what was queued behind it fails as well, and is not written later', async () => {
    const disk = new FakeDisk()
    const store = await startStore(disk)
    failNext(disk, 'sync', 'EIO')
    const running = codeOfPut(store, 'a', '1')
    await Promise.resolve()
    const queued = codeOfPut(store, 'b', '2')
    expect(await Promise.all([running, queued])).toEqual(['STORE_FAILED', 'STORE_FAILED'])
    const size = disk.get(SEGMENT).length
    await store.stop()
    expect(disk.get(SEGMENT).length).toBe(size)
  })

  test('a sync that says "disk full" is a failed sync too', async () => {
    const disk = new FakeDisk()
    const store = await startStore(disk)
    failNext(disk, 'sync', 'ENOSPC')
    expect(await codeOfPut(store, 'a', '1')).toBe('STORE_FAILED')
    expect(store.state).toBe('failed')
  })
})

describe('a full disk', () => {
  const ballastBytes = 4000

  test('reads only, a typed error, and on again when there is space', async () => {
    const disk = new FakeDisk()
    const clock = new ManualClock()
    const store = await startStore(disk, { clock, ballastBytes })
    await put(store, 'a', '1')
    const size = disk.get(SEGMENT).length
    disk.capacityBytes = disk.usedBytes + 50
    expect(await codeOfPut(store, 'a', 'x'.repeat(100))).toBe('STORE_FULL')
    expect(store.state).toBe('read-only')
    expect(await codeOfPut(store, 'b', '2')).toBe('STORE_FULL')
    expect(await textOf(store, 'a')).toBe('1')
    await until(() => !disk.live.has('ballast'), 'the ballast is given up')
    expect(disk.get(SEGMENT).length).toBe(size)
    for (let i = 0; i < 3; i++) {
      await until(() => clock.pendingTimers > 0, 'another try is due')
      clock.advance(1000)
      await until(() => !disk.live.has('probe.tmp'), 'the try is over')
      expect(store.state).toBe('read-only')
    }
    disk.capacityBytes = Infinity
    await writable(clock, store)
    expect(disk.get('ballast').length).toBe(ballastBytes)
    await put(store, 'a', '3')
    await store.stop()
    const again = await startStore(disk.killed())
    expect(await textOf(again, 'a')).toBe('3')
    expect(again.size).toBe(1)
  })

  test('an operation that was refused can be tried again under its id', async () => {
    const disk = new FakeDisk()
    const clock = new ManualClock()
    const store = await startStore(disk, { clock })
    disk.capacityBytes = disk.usedBytes
    expect(await codeOfPut(store, 'a', '1', 'op')).toBe('STORE_FULL')
    disk.capacityBytes = Infinity
    await writable(clock, store)
    const again = store.append({ key: 'a', value: utf8('1') }, { opId: 'op' })
    expect(again.isDuplicate).toBe(false)
    await again.committed
  })

  test('while a new segment is begun: the log is as it was', async () => {
    const disk = new FakeDisk()
    const clock = new ManualClock()
    const store = await startStore(disk, { clock, segmentBytes: 300 })
    await put(store, 'a', 'x'.repeat(300))
    for (const room of [0, 50, 150, 300]) {
      disk.capacityBytes = disk.usedBytes + room
      expect([room, await codeOfPut(store, 'b', 'y'.repeat(300))]).toEqual([room, 'STORE_FULL'])
      expect(await textOf(await startStore(disk.killed()), 'a')).toBe('x'.repeat(300))
      disk.capacityBytes = Infinity
      await writable(clock, store)
    }
    await put(store, 'b', 'z')
    await store.stop()
    const again = await startStore(disk.killed())
    expect([await textOf(again, 'b'), again.size]).toEqual(['z', 2])
  })

  test('at the start: the ballast lets the store open, to be read from', async () => {
    const disk = new FakeDisk()
    const store = await startStore(disk, { ballastBytes })
    await put(store, 'a', '1')
    await store.stop()
    disk.capacityBytes = disk.usedBytes
    const clock = new ManualClock()
    const again = await startStore(disk, { clock, ballastBytes })
    expect(await textOf(again, 'a')).toBe('1')
    expect(again.epoch).toBe(store.epoch + 1)
    expect(again.state).toBe('read-only')
    expect(await codeOfPut(again, 'b', '2')).toBe('STORE_FULL')
    disk.capacityBytes = Infinity
    await writable(clock, again)
    await again.stop()
  })

  test('compaction makes room out of the ballast', async () => {
    const disk = new FakeDisk()
    const clock = new ManualClock()
    const store = await startStore(disk, { clock, ballastBytes, segmentBytes: 3000 })
    for (let i = 0; i < 17; i++) await put(store, 'a', `${String(i)}${'x'.repeat(500)}`)
    disk.capacityBytes = disk.usedBytes + 10
    const before = disk.usedBytes - ballastBytes
    while ((await codeOfPut(store, 'a', 'y'.repeat(500))) === undefined);
    await until(() => disk.usedBytes < before - 3000, 'compacted')
    expect(await textOf(store, 'a')).toMatch(/^(16x|y)/)
    await store.stop()
  })
})

test('a torn write that cannot be taken back fails the store', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  await put(store, 'a', '1')
  disk.capacityBytes = disk.usedBytes + 20
  disk.before = (operation) => {
    if (operation === 'truncate') throw Object.assign(new Error('EIO'), { code: 'EIO' })
  }
  expect(await codeOfPut(store, 'b', '2')).toBe('STORE_FAILED')
  const again = await startStore(disk.killed())
  expect([await textOf(again, 'a'), again.size]).toEqual(['1', 1])
})

test('a start that fails releases what it opened and takes no epoch', async () => {
  const disk = new FakeDisk()
  const store = makeStore(disk)
  failNext(disk, 'sync', 'EIO')
  await expect(store.start()).rejects.toMatchObject({ code: 'EIO' })
  await store.start()
  expect(store.epoch).toBe(1)
  await store.stop()
})

test('a disk that is full after a roll: compaction leaves the epoch and the ceiling', async () => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const options = { clock, segmentBytes: 2000 }
  for (let start = 0; start < 4; start++) await (await startStore(disk, options)).stop()
  const store = await startStore(disk, options)
  for (let i = 0; i < 30; i++) await put(store, 'k', String(i))
  disk.before = (kind, name) => {
    // The first frame of a segment that the manifest names: of the next one in the chain.
    if (kind !== 'append' || disk.live.get(name)?.bytes.length !== SEGMENT_HEADER_BYTES) return
    if (!fromUtf8(disk.get('manifest')).includes(`"number":${String(Number.parseInt(name, 10))},`))
      return
    disk.before = () => {}
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  let code: string | undefined
  for (let i = 30; code === undefined && i < 200; i++) code = await codeOfPut(store, 'k', String(i))
  expect(code).toBe('STORE_FULL')
  await writable(clock, store)
  const again = await startStore(disk.killed(), options)
  expect([store.epoch, again.epoch]).toEqual([5, 6])
  await again.stop()
  await store.stop()
})
