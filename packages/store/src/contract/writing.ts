import { compareVersions } from '@bzzz/base'
import { ok, rejects, same, sameBytes, sameData, type TestApi } from '@bzzz/base/check'
import { RECORD_KEY_BYTES_MAX, RECORD_VALUE_BYTES_MAX } from '../limits.js'
import { bytes, cases, get, op, put, remote, type StoreContract, WRITER } from './setup.js'

export const writing = (api: TestApi, contract: StoreContract): void => {
  const test = cases(api, contract)

  test('nothing is visible before it is durable, and everything after', async ({ store }) => {
    const { record, committed, isDuplicate } = store.append(
      { key: 'k', value: bytes(1) },
      { opId: op() },
    )
    same(store.read('k'), undefined, 'read before the commit')
    same(isDuplicate, false, 'isDuplicate')
    await committed
    const found = await get(store, 'k')
    sameBytes(found?.value, bytes(1), 'value')
    sameData(found?.version, record.version, 'version')
    same(record.version.writer, WRITER, 'writer')
  })

  test('keeps the bytes of the moment of the write', async ({ store }) => {
    const value = bytes(1, 2, 3)
    const { committed } = store.append({ key: 'k', value }, { opId: op() })
    value.fill(9)
    await committed
    value.fill(8)
    sameBytes((await get(store, 'k'))?.value, bytes(1, 2, 3), 'value')
  })

  test('keys are exact: prefixes, names of prototypes, any Unicode', async ({ store }) => {
    const keys = ['a', 'a/', 'a/b', '__proto__', 'constructor', '\u0000', 'ü', 'u\u0308', '😀']
    for (const [i, key] of keys.entries()) await put(store, key, bytes(i))
    for (const [i, key] of keys.entries())
      sameBytes((await get(store, key))?.value, bytes(i), JSON.stringify(key))
    same(store.size, keys.length, 'size')
    same(store.read('toString'), undefined, 'a key that was never written')
  })

  test('an empty value is a value', async ({ store }) => {
    await put(store, 'k', bytes())
    sameBytes((await get(store, 'k'))?.value, bytes(), 'value')
    same((await get(store, 'k'))?.deleted, false, 'deleted')
  })

  test('limits: the greatest fits, one more is refused without effect', async ({ store }) => {
    const key = 'ü'.repeat(RECORD_KEY_BYTES_MAX / 2)
    const value = new Uint8Array(RECORD_VALUE_BYTES_MAX).fill(7)
    await put(store, key, value)
    sameBytes((await get(store, key))?.value, value, 'value at the limit')
    const refused = [
      { key: `${key}a`, value: bytes() },
      { key: '', value: bytes() },
      { key: '\ud800', value: bytes() },
      { key: 'k', value: new Uint8Array(RECORD_VALUE_BYTES_MAX + 1) },
      { key: 'k', value: bytes(1), deleted: true },
      { key: 'k', value: bytes(1), expiresAtMs: 1.5 },
    ]
    for (const intent of refused)
      await rejects(
        () => store.append(intent, { opId: op() }),
        'STORE_RECORD_INVALID',
        intent.key.slice(0, 8),
      )
    await rejects(
      () => store.append({ key: 'k' }, { opId: '' }),
      'STORE_RECORD_INVALID',
      'an empty operation id',
    )
    same(store.size, 1, 'size')
  })

  test('a tombstone is kept, with its version and expiry', async ({ store }) => {
    await put(store, 'k', bytes(1))
    const { committed, record } = store.append({ key: 'k', deleted: true }, { opId: op() })
    await committed
    const found = await get(store, 'k')
    same(found?.deleted, true, 'deleted')
    same(found?.value.length, 0, 'bytes of its value')
    sameData(store.head('k')?.version, record.version, 'version')
    sameData(store.versionOf('k'), record.version, 'version without the head')
    same(store.versionOf('absent'), undefined, 'version of what was never written')
    same(store.size, 1, 'size')
    const expiring = store.append({ key: 'e', value: bytes(1), expiresAtMs: 5 }, { opId: op() })
    await expiring.committed
    same((await get(store, 'e'))?.expiresAtMs, 5, 'an expired record is still read')
  })

  test('100 writes of one key at once: stamps rise, the last one stays', async ({ store }) => {
    const appends = Array.from({ length: 100 }, (_, i) =>
      store.append({ key: 'k', value: bytes(i) }, { opId: op() }),
    )
    await Promise.all(appends.map(({ committed }) => committed))
    for (const [i, { record }] of appends.entries()) {
      const before = appends[i - 1]
      if (before !== undefined)
        ok(compareVersions(record.version, before.record.version) > 0, `stamp ${String(i)} rises`)
    }
    sameBytes((await get(store, 'k'))?.value, bytes(99), 'value')
  })

  test('a known operation returns its first record and writes nothing', async ({ store }) => {
    const first = await put(store, 'k', bytes(1), 'op-1')
    await put(store, 'k', bytes(2), 'op-2')
    for (const opId of ['op-1', 'op-2']) {
      const value = opId === 'op-1' ? bytes(1) : bytes(2)
      const again = store.append({ key: 'k', value }, { opId, expectedVersion: null })
      same(again.isDuplicate, true, `${opId} is a duplicate`)
      await again.committed
    }
    const again = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1' })
    sameData(again.record.version, first.version, 'the first version')
    sameBytes((await get(store, 'k'))?.value, bytes(2), 'the later write stands')
  })

  test('a retry in flight shares the commit of the first call', async ({ store }) => {
    const first = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1' })
    const again = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1' })
    same(again.isDuplicate, true, 'isDuplicate')
    sameData(again.record.version, first.record.version, 'version')
    await again.committed
    sameBytes((await get(store, 'k'))?.value, bytes(1), 'durable with the retry')
  })

  test('an operation id that names another write is refused', async ({ store }) => {
    await put(store, 'k', bytes(1), 'op-1')
    const others = [
      { key: 'k', value: bytes(2) },
      { key: 'l', value: bytes(1) },
      { key: 'k', deleted: true },
    ]
    for (const intent of others)
      await rejects(
        () => store.append(intent, { opId: 'op-1' }),
        'STORE_OPERATION_REUSED',
        'another write',
      )
  })

  test('a condition sees queued writes', async ({ store }) => {
    const first = store.append({ key: 'k', value: bytes(1) }, { opId: op(), expectedVersion: null })
    const write = (expectedVersion: typeof first.record.version | null): unknown =>
      store.append({ key: 'k', value: bytes(2) }, { opId: op(), expectedVersion })
    await rejects(() => write(null), 'STORE_CONFLICT', 'absent')
    write(first.record.version)
    await rejects(() => write(first.record.version), 'STORE_CONFLICT', 'the first version')
    await first.committed
  })

  test('a tombstone and an expired record count as absent', async ({ store, clock }) => {
    const gone = store.append({ key: 'k', deleted: true }, { opId: op() })
    store.append({ key: 'k', value: bytes(1) }, { opId: op(), expectedVersion: null })
    const expiresAtMs = clock.nowMs() + 10
    store.append({ key: 'e', value: bytes(1), expiresAtMs }, { opId: op() })
    const write = (): unknown =>
      store.append({ key: 'e', value: bytes(2) }, { opId: op(), expectedVersion: null })
    await rejects(write, 'STORE_CONFLICT', 'not yet expired')
    clock.advance(10)
    write()
    await gone.committed
  })

  test('a restamp keeps the operation and goes above the version that refused it', async ({
    store,
    clock,
  }) => {
    const first = await put(store, 'k', bytes(1), 'op-1')
    const above = { wallMs: clock.nowMs() + 100, counter: 3, writer: 'z' }
    const again = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1', above })
    same(again.isDuplicate, false, 'stamped anew')
    ok(compareVersions(again.record.version, above) > 0, 'it is above')
    ok(compareVersions(again.record.version, first.version) > 0, 'it is above its first stamp')
    await again.committed
    const third = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1', above })
    same(third.isDuplicate, true, 'it is above already')
    sameData(third.record.version, again.record.version, 'the newest stamp of the operation')
  })

  test('a restamp never overtakes a later write of the same node', async ({ store, clock }) => {
    await put(store, 'k', bytes(1), 'op-1')
    const above = { wallMs: clock.nowMs() + 100, counter: 0, writer: 'z' }
    await store.apply([remote('k', bytes(7), above)])
    const wins = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1', above })
    same(wins.isDuplicate, false, 'a record of another node is overtaken')
    await wins.committed
    await put(store, 'k', bytes(2), 'op-2')
    const later = { ...above, wallMs: above.wallMs + 100 }
    await store.apply([remote('k', bytes(8), later)])
    const loses = store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1', above: later })
    same(loses.isDuplicate, true, 'op-2 stands for it')
    sameBytes((await get(store, 'k'))?.value, bytes(8), 'nothing was written')
  })

  test('a stamp too far ahead is refused and not followed', async ({ store, clock }) => {
    await put(store, 'k', bytes(1), 'op-1')
    const above = { wallMs: clock.nowMs() + 3_600_000, counter: 0, writer: 'z' }
    await rejects(
      () => store.append({ key: 'k', value: bytes(1) }, { opId: 'op-1', above }),
      'CLOCK_SKEW',
      'an hour ahead',
    )
    const next = await put(store, 'k', bytes(2))
    ok(next.version.wallMs < clock.nowMs() + 1000, 'the clock did not follow')
  })

  test('may be sent at once while its stamp is covered', async ({ store, clock }) => {
    await put(store, 'k', bytes(1))
    const covered = store.append({ key: 'k', value: bytes(2) }, { opId: op() })
    same(covered.sendable, undefined, 'sendable under the persisted ceiling')
    clock.advance(10_000)
    const beyond = store.append({ key: 'k', value: bytes(3) }, { opId: op() })
    ok(beyond.sendable !== undefined, 'beyond the ceiling it waits')
    await beyond.sendable
    sameBytes((await get(store, 'k'))?.value, bytes(3), 'durable when it may be sent')
  })
}
