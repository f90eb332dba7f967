import { equalBytes } from '@bzzz/base'
import { ok, present, same, sameBytes, sameData, type TestApi } from '@bzzz/base/check'
import { BUCKETS, digestOf } from '../range-digest.js'
import { bytes, cases, op, put, remote, type StoreContract } from './setup.js'

const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket)

export const digests = (api: TestApi, contract: StoreContract): void => {
  const test = cases(api, contract)

  test('equal records give equal digests, in whatever order they came', async ({
    store,
    clock,
    other,
  }) => {
    const wallMs = clock.nowMs()
    const records = Array.from({ length: 50 }, (_, i) =>
      remote(`key-${String(i)}`, bytes(i), { wallMs, counter: i }),
    )
    const second = await other()
    await store.apply(records)
    for (const record of records.toReversed()) {
      await second.apply([{ ...record, version: { ...record.version, wallMs: wallMs - 1 } }])
      digestOf(second, all)
      await second.apply([record])
    }
    const [a, b] = [digestOf(store, all), digestOf(second, all)]
    same(a.count, 50, 'count')
    same(a.hash.length, 16, 'bytes of the hash')
    sameBytes(a.hash, b.hash, 'hash')
    for (const bucket of all)
      sameBytes(store.digest(bucket).hash, second.digest(bucket).hash, `bucket ${String(bucket)}`)
  })

  test('a digest changes with key, version and state, and with nothing else', async ({
    store,
    clock,
  }) => {
    const bucket = store.bucketOf('k')
    const empty = store.digest(bucket)
    same(empty.count, 0, 'count when empty')
    const record = await put(store, 'k', bytes(1))
    const written = store.digest(bucket)
    same(written.count, 1, 'count')
    ok(!equalBytes(written.hash, empty.hash), 'a write shows')
    store.markClean([record])
    await store.read('k')
    sameData(store.digest(bucket), written, 'reads and marks do not show')
    clock.advance(1)
    await put(store, 'k', bytes(1))
    const rewritten = store.digest(bucket)
    ok(!equalBytes(rewritten.hash, written.hash), 'a version shows')
    const { committed } = store.append({ key: 'k', deleted: true }, { opId: op() })
    await committed
    ok(!equalBytes(store.digest(bucket).hash, rewritten.hash), 'a tombstone shows')
    same(store.digest(bucket).count, 1, 'a tombstone counts')
  })

  test('heads of all buckets are the records, each once', async ({ store }) => {
    for (let i = 0; i < 40; i++) await put(store, `key-${String(i)}`, bytes(i))
    await put(store, 'key-3', bytes(99))
    const keys: string[] = []
    for (const bucket of all)
      for (const head of store.heads(bucket)) {
        same(store.bucketOf(head.key), bucket, `bucket of ${head.key}`)
        present(store.head(head.key), head.key)
        sameData({ ...head }, { ...store.head(head.key) }, `head of ${head.key}`)
        keys.push(head.key)
      }
    same(new Set(keys).size, 40, 'different keys')
    same(keys.length, 40, 'heads')
  })

  test('the bucket of a key is the first 12 bits of its SHA-256', ({ store }) => {
    // SHA-256 of "abc" begins ba78 (FIPS 180-4, example 1).
    same(store.bucketOf('abc'), 0xba7, 'bucket of "abc"')
    return Promise.resolve()
  })
}
