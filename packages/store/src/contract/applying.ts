import { compareVersions, type Version } from '@bzzz/base'
import { ok, rejects, same, sameBytes, sameData, type TestApi } from '@bzzz/base/check'
import { RECORD_VALUE_BYTES_MAX } from '../limits.js'
import { bytes, cases, get, op, put, remote, type StoreContract } from './setup.js'

export const applying = (api: TestApi, contract: StoreContract): void => {
  const test = cases(api, contract)

  test('stores the newer, knows the same, leaves the older', async ({ store, clock }) => {
    const wallMs = clock.nowMs()
    const record = { ...remote('k', bytes(2), { wallMs, counter: 5 }), attestation: bytes(4, 2) }
    const older = remote('k', bytes(1), { wallMs, counter: 4 })
    sameData(
      await store.apply([record, record, older]),
      [
        { outcome: 'stored', newest: record.version },
        { outcome: 'known', newest: record.version },
        { outcome: 'older', newest: record.version },
      ],
      'outcomes',
    )
    const found = await get(store, 'k')
    sameData({ ...found }, { ...record }, 'the record as it came')
    const tombstone = { ...remote('k', bytes(), { wallMs, counter: 6 }), deleted: true }
    sameData(
      (await store.apply([tombstone])).map(({ outcome }) => outcome),
      ['stored'],
      'a tombstone',
    )
  })

  test('the writer breaks a tie of stamps', async ({ store, clock }) => {
    const wallMs = clock.nowMs()
    await store.apply([remote('k', bytes(1), { wallMs, writer: 'b' })])
    const [lower] = await store.apply([remote('k', bytes(2), { wallMs, writer: 'a' })])
    same(lower?.outcome, 'older', 'the lower writer')
    const [higher] = await store.apply([remote('k', bytes(3), { wallMs, writer: 'c' })])
    same(higher?.outcome, 'stored', 'the higher writer')
  })

  test('a later write of this node is above what it applied', async ({ store, clock }) => {
    const ahead = remote('k', bytes(1), { wallMs: clock.nowMs() + 400, counter: 9 })
    await store.apply([ahead])
    const written = await put(store, 'k', bytes(2))
    ok(compareVersions(written.version, ahead.version) > 0, 'above')
  })

  test('known and older are promises too: they wait for what is queued', async ({ store }) => {
    const queued = store.append({ key: 'k', value: bytes(1) }, { opId: op() })
    await store.apply([queued.record])
    sameBytes((await get(store, 'k'))?.value, bytes(1), 'it is durable')
  })

  test('one record out of bounds: none is stored', async ({ store, clock }) => {
    const wallMs = clock.nowMs()
    const good = remote('good', bytes(1), { wallMs })
    const outOfBounds: [string, string, ReturnType<typeof remote>][] = [
      ['CLOCK_SKEW', 'skew', remote('k', bytes(1), { wallMs: wallMs + 501 })],
      ['STORE_RECORD_INVALID', 'key', remote('', bytes(1), { wallMs })],
      ['STORE_RECORD_INVALID', 'counter', remote('k', bytes(1), { wallMs, counter: 65_536 })],
      ['STORE_RECORD_INVALID', 'fraction', remote('k', bytes(1), { wallMs: wallMs - 0.5 })],
      ['STORE_RECORD_INVALID', 'writer', remote('k', bytes(1), { wallMs, writer: '' })],
      [
        'STORE_RECORD_INVALID',
        'value',
        remote('k', new Uint8Array(RECORD_VALUE_BYTES_MAX + 1), { wallMs }),
      ],
    ]
    for (const [code, what, bad] of outOfBounds)
      await rejects(() => store.apply([good, bad]), code, what)
    same(store.size, 0, 'size')
    const [edge] = await store.apply([remote('k', bytes(1), { wallMs: wallMs + 500 })])
    same(edge?.outcome, 'stored', 'the greatest skew')
  })

  test('own writes are dirty until they are marked clean at that version', async ({
    store,
    clock,
  }) => {
    const first = await put(store, 'k', bytes(1, 2, 3))
    ok(store.isDirty('k'), 'dirty after the write')
    same(store.dirtyBytes, 4, 'bytes of key and value')
    const second = await put(store, 'k', bytes(4))
    store.markClean([first])
    ok(store.isDirty('k'), 'the mark of an older version does not count')
    sameData([...store.dirtyKeys()], ['k'], 'dirty keys')
    store.markClean([second, { key: 'absent', version: second.version }])
    same(store.isDirty('k'), false, 'clean')
    same(store.dirtyBytes, 0, 'dirty bytes')
    await put(store, 'k', bytes(5))
    await store.apply([remote('k', bytes(6), { wallMs: clock.nowMs() + 100 })])
    same(store.isDirty('k'), false, 'what came from a peer is clean')
    same(store.dirtyBytes, 0, 'dirty bytes after it was replaced')
  })

  test('dirty keys may be listed while they change', async ({ store }) => {
    for (let i = 0; i < 10; i++) await put(store, `k${String(i)}`, bytes(i))
    let seen = 0
    for (const key of store.dirtyKeys()) {
      seen++
      const version = store.head(key)?.version
      if (version !== undefined) store.markClean([{ key, version }])
    }
    same(seen, 10, 'keys seen')
  })

  test('commits are told in order, once, after they can be read', async ({ store, clock }) => {
    const told: string[] = []
    const broken = store.onCommit(() => {
      throw new Error('a listener that throws')
    })
    const end = store.onCommit((record) => {
      ok(store.head(record.key) !== undefined, 'it can be read when it is told')
      told.push(`${record.key}${String(record.value[0])}`)
    })
    store.append({ key: 'a', value: bytes(1) }, { opId: op() })
    store.append({ key: 'b', value: bytes(2) }, { opId: op() })
    const applied = remote('c', bytes(3), { wallMs: clock.nowMs() })
    await store.apply([applied])
    await store.apply([applied])
    await put(store, 'a', bytes(4))
    sameData(told, ['a1', 'b2', 'c3', 'a4'], 'told')
    end()
    end()
    broken()
    await put(store, 'a', bytes(5))
    same(told.length, 4, 'told after the end')
  })

  test('a commit names the version that it replaced', async ({ store, clock }) => {
    const told: (readonly [Version, Version | undefined])[] = []
    store.onCommit(({ version }, replaced) => told.push([version, replaced]))
    const first = await put(store, 'k', bytes(1))
    // Both in one batch: the second replaces the first, which was never the newest between batches.
    const second = store.append({ key: 'k', value: bytes(2) }, { opId: op() })
    const third = store.append({ key: 'k', deleted: true }, { opId: op() })
    await Promise.all([second.committed, third.committed])
    const applied = remote('k', bytes(4), { wallMs: clock.nowMs() + 100 })
    await store.apply([remote('k', bytes(0), { wallMs: 1 }), applied])
    sameData(
      told,
      [
        [first.version, undefined],
        [second.record.version, first.version],
        [third.record.version, second.record.version],
        [applied.version, third.record.version],
      ],
      'versions and what they replaced',
    )
  })
}
