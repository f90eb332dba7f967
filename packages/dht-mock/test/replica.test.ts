import { expect, test } from '@jest/globals'
import { ManualClock, type StampedRecord } from '@bzzz/base'
import { MemoryStore } from '@bzzz/store'
import { KeyLocks } from '../src/key-locks.js'
import { Replica } from '../src/replica.js'

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
