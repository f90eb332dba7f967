import { expect, test } from '@jest/globals'
import { codeOf, fromUtf8, ManualClock, utf8 } from '@bzzz/base'
import type { LogStore } from '../src/log/log-store.js'
import { FakeDisk } from './fake-disk.js'
import { put, startStore, textOf, until } from './harness.js'

const SEGMENT_BYTES = 2000

const overwrite = async (store: LogStore, rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < 10; i++)
      await put(store, `hot-${String(i)}`, `${String(round)}-${String(i)}`)
}

const isKnown = (store: LogStore, round: number): boolean => {
  const value = `${String(round)}-9`
  return store.append({ key: 'hot-9', value: utf8(value) }, { opId: `hot-9=${value}` }).isDuplicate
}

test('garbage is given back, and nothing that is needed goes with it', async () => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const store = await startStore(disk, { clock, segmentBytes: SEGMENT_BYTES, supersededMax: 30 })
  await put(store, 'cold', 'value')
  await put(store, 'gone', 'value')
  await store.append({ key: 'gone', deleted: true }, { opId: 'delete' }).committed
  const theirs = {
    key: 'theirs',
    value: utf8('theirs'),
    deleted: false,
    version: { wallMs: clock.nowMs(), counter: 9, writer: 'node-b' },
    opId: 'their-op',
    expiresAtMs: 99,
    attestation: Uint8Array.from([1, 2, 3]),
  }
  await store.apply([theirs])
  await put(store, 'clean', 'value')
  const head = store.head('clean')
  if (head !== undefined) store.markClean([head])
  await overwrite(store, 40)
  await until(() => disk.usedBytes < 20_000, 'most of the garbage is gone')
  for (const each of [store, await startStore(disk.killed(), { clock, supersededMax: 30 })]) {
    expect(each.size).toBe(14)
    expect(await textOf(each, 'cold')).toBe('value')
    expect(await textOf(each, 'hot-3')).toBe('39-3')
    expect(each.head('gone')?.deleted).toBe(true)
    expect({ ...(await each.read('theirs')) }).toEqual(theirs)
    expect(each.isDirty('clean')).toBe(false)
    expect(each.isDirty('cold')).toBe(true)
    expect(each.isDirty('hot-3')).toBe(true)
    for (const round of [37, 38, 39]) expect(isKnown(each, round)).toBe(true)
  }
  await store.stop()
})

test('reads, writes and marks go on while segments are rewritten', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk, { segmentBytes: SEGMENT_BYTES, cacheBytesMax: 0 })
  const latest = new Map<string, string>()
  for (let i = 0; i < 600; i++) {
    const key = `key-${String((i * 7) % 23)}`
    await put(store, key, `value-${String(i)}`)
    latest.set(key, `value-${String(i)}`)
    const other = `key-${String((i * 5) % 23)}`
    const read = textOf(store, other)
    const head = store.head(key)
    if (head !== undefined && i % 3 === 0) store.markClean([head])
    expect(await read).toBe(latest.get(other))
  }
  const dirty = new Set(store.dirtyKeys())
  await store.stop()
  const again = await startStore(disk.killed(), { cacheBytesMax: 0 })
  expect(new Set(again.dirtyKeys())).toEqual(dirty)
  for (const [key, value] of latest) expect(await textOf(again, key)).toBe(value)
})

test('a damaged segment is not rewritten as if it were whole', async () => {
  const disk = new FakeDisk()
  const problems: unknown[] = []
  const store = await startStore(disk, {
    segmentBytes: SEGMENT_BYTES,
    cacheBytesMax: 0,
    onProblem: (error) => problems.push(error),
  })
  await put(store, 'cold', 'a value that stands here alone')
  const inode = disk.live.get('00000001.log')
  const at = fromUtf8(disk.get('00000001.log').map((byte) => byte & 0x7f)).indexOf('stands here')
  if (inode !== undefined) inode.bytes[at] = 0
  await overwrite(store, 10)
  await until(() => problems.length > 0, 'the problem is told')
  expect(codeOf(problems[0])).toBe('STORE_DAMAGED')
  await expect(store.read('cold')).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  expect(await textOf(store, 'hot-3')).toBe('9-3')
  await store.stop()
})

test('a stop interrupts compaction and leaves nothing behind', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk, { segmentBytes: SEGMENT_BYTES })
  let isStopping: Promise<void> | undefined
  disk.before = (operation, name) => {
    if (operation === 'create' && name > '00000004.log' && name.endsWith('.log'))
      isStopping ??= store.stop()
  }
  await expect(overwrite(store, 10)).rejects.toMatchObject({ code: 'NOT_STARTED' })
  await isStopping
  const again = await startStore(disk.killed())
  expect(again.size).toBe(10)
})
