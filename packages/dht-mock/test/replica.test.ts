import { expect, test } from '@jest/globals'
import { ManualClock, utf8, type StampedRecord } from '@bzzz/base'
import { MemoryStore } from '@bzzz/store'
import { KeyLocks } from '../src/key-locks.js'
import { Replica } from '../src/replica.js'
import { Superseded } from '../src/superseded.js'

test('a conditional write is taken under its lock only, and again when its answer was lost', async () => {
  const clock = new ManualClock()
  const store = new MemoryStore({ writer: 'me', clock })
  await store.start()
  const locks = new KeyLocks(clock)
  const replica = new Replica(store, locks, clock)
  const record: StampedRecord = {
    key: 'k',
    value: new Uint8Array([1]),
    deleted: false,
    version: { wallMs: clock.nowMs(), counter: 0, writer: 'other' },
    opId: 'o',
  }
  await expect(replica.apply(record, 'token')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  locks.acquire('k', 'somebody else', 100)
  await expect(replica.apply(record, 'token')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  expect(store.head('k')).toBeUndefined()
  locks.release('k', 'somebody else')
  replica.lock('k', 'token', 100)
  expect(await replica.apply(record, 'token')).toMatchObject({ outcome: 'stored' })
  expect(locks.isHeld('k')).toBe(false)
  expect(await replica.apply(record, 'token')).toMatchObject({ outcome: 'known' })
  await store.stop()
})

const recordAt = (wallMs: number, writer = 'other'): StampedRecord => ({
  key: 'k',
  value: utf8(`${wallMs}`),
  deleted: false,
  version: { wallMs, counter: 0, writer },
  opId: `op ${wallMs}`,
})

const startedStore = async (clock: ManualClock): Promise<MemoryStore> => {
  const store = new MemoryStore({ writer: 'me', clock })
  await store.start()
  return store
}

test('a record that came between the lock and the conditional write is told by the write', async () => {
  const clock = new ManualClock()
  const store = await startedStore(clock)
  const replica = new Replica(store, new KeyLocks(clock), clock)
  const nowMs = clock.nowMs()
  expect(replica.lock('k', 'first', 100)).toMatchObject({ isGranted: true })
  expect(await replica.apply(recordAt(nowMs - 9), 'first')).toMatchObject({ held: 'before' })
  expect(replica.lock('k', 'second', 100)).toMatchObject({ isGranted: true })
  // This node's own writes know no locks.
  await store.apply([recordAt(nowMs - 5)])
  const late = recordAt(nowMs - 1)
  expect(await replica.apply(late, 'second')).toMatchObject({ outcome: 'stored', held: 'unknown' })
  expect(replica.isNext('second', late.version)).toBe(false)
  await store.stop()
})

test('a refused record is told to have been held before, never, or perhaps', async () => {
  const clock = new ManualClock()
  const store = await startedStore(clock)
  const nowMs = clock.nowMs()
  const first = new Replica(store, new KeyLocks(clock), clock)
  await first.apply(recordAt(nowMs - 9))
  await first.apply(recordAt(nowMs))
  expect(await first.apply(recordAt(nowMs - 9))).toMatchObject({ outcome: 'older', held: 'before' })
  expect(await first.apply(recordAt(nowMs - 5))).toMatchObject({ outcome: 'older', held: 'never' })
  first.close()
  const second = new Replica(store, new KeyLocks(clock), clock)
  for (const wallMs of [nowMs - 9, nowMs - 5])
    expect(await second.apply(recordAt(wallMs))).toMatchObject({ held: 'unknown' })
  await store.stop()
})

test('beyond what is remembered of replaced records it cannot be told', () => {
  const superseded = new Superseded(0)
  const newest = recordAt(1_000_000).version
  for (let wallMs = 1; wallMs <= 8193; wallMs++) superseded.note('k', recordAt(wallMs).version)
  const held = (wallMs: number) => superseded.held('k', recordAt(wallMs, 'third').version, newest)
  expect([held(1), held(2)]).toEqual(['unknown', 'never'])
  expect(superseded.held('k', recordAt(2).version, newest)).toBe('before')
})
