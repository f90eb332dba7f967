import { compareVersions, ManualClock } from '@bzzz/base'
import { ok, rejects, same, sameBytes, sameData, type TestApi } from '@bzzz/base/check'
import type { Store } from '../store.js'
import { bytes, cases, get, op, put, remote, type StoreContract } from './setup.js'

const useAll = (store: Store): (() => unknown)[] => [
  () => store.append({ key: 'k', value: bytes(1) }, { opId: op() }),
  () => store.apply([]),
  () => store.read('k'),
  () => store.head('k'),
  () => store.versionOf('k'),
  () => store.digest(0),
  () => store.markClean([]),
]

export const lifecycle = (api: TestApi, contract: StoreContract): void => {
  const test = cases(api, contract)

  api.it('refuses to work before start and after stop', async () => {
    const store = await contract.createStore({ clock: new ManualClock(), writer: 'w' })
    for (const use of useAll(store)) await rejects(use, 'NOT_STARTED', 'a store not yet started')
    await store.start()
    await store.start()
    await store.stop()
    await store.stop()
    for (const use of useAll(store)) await rejects(use, 'NOT_STARTED', 'a stopped store')
  })

  test('stop waits for what was appended', async ({ store }) => {
    const { committed } = store.append({ key: 'k', value: bytes(1) }, { opId: op() })
    let isCommitted = false
    void committed.then(() => {
      isCommitted = true
    })
    await store.stop()
    ok(isCommitted, 'committed')
  })

  test('a fresh store is empty and says so', ({ store }) => {
    same(store.startedEmpty, true, 'startedEmpty')
    same(store.size, 0, 'size')
    same(store.state, 'ready', 'state')
    ok(/^[0-9a-f]{32}$/.test(store.storeId), 'a store id')
    ok(store.epoch >= 1, 'epoch')
    return Promise.resolve()
  })

  test('two stores have different ids', async ({ store, other }) => {
    ok(store.storeId !== (await other()).storeId, 'ids differ')
  })

  if (contract.reopen === undefined) return

  test('everything acknowledged is there after reopening', async ({ store, clock, reopen }) => {
    const mine = await put(store, 'mine', bytes(1))
    const theirs = {
      ...remote('theirs', bytes(2), { wallMs: clock.nowMs() + 100 }),
      expiresAtMs: 77,
      attestation: bytes(9, 9),
    }
    await store.apply([theirs])
    await store.append({ key: 'gone', deleted: true }, { opId: op() }).committed
    const again = await reopen()
    same(again.storeId, store.storeId, 'storeId')
    same(again.epoch, store.epoch + 1, 'epoch')
    same(again.startedEmpty, false, 'startedEmpty')
    same(again.size, 3, 'size')
    sameData({ ...(await get(again, 'mine')) }, { ...mine }, 'own record')
    sameData({ ...(await get(again, 'theirs')) }, { ...theirs }, 'applied record')
    same((await get(again, 'gone'))?.deleted, true, 'tombstone')
    same((await again.apply([theirs]))[0]?.outcome, 'known', 'applied again')
  })

  test('operations are known after reopening, superseded ones too', async ({ store, reopen }) => {
    const first = await put(store, 'k', bytes(1), 'op-1')
    const second = await put(store, 'k', bytes(2), 'op-2')
    const again = await reopen()
    for (const [record, value] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const retry = again.append({ key: 'k', value: bytes(value) }, { opId: record.opId })
      same(retry.isDuplicate, true, record.opId)
      sameData(retry.record.version, record.version, `version of ${record.opId}`)
    }
    await rejects(
      () => again.append({ key: 'k', value: bytes(3) }, { opId: 'op-1' }),
      'STORE_OPERATION_REUSED',
      'another write under a superseded id',
    )
    sameBytes((await get(again, 'k'))?.value, bytes(2), 'value')
  })

  test('dirty marks survive, clean ones stay clean', async ({ store, reopen }) => {
    const a = await put(store, 'a', bytes(1))
    await put(store, 'b', bytes(2))
    store.markClean([a])
    const again = await reopen()
    sameData([...again.dirtyKeys()], ['b'], 'dirty keys')
    same(again.dirtyBytes, 2, 'dirty bytes')
  })

  test('no stamp is given twice, although the wall clock falls back', async ({
    store,
    clock,
    reopen,
  }) => {
    const before = await put(store, 'k', bytes(1))
    clock.jumpWall(-200)
    const again = await reopen()
    const after = await put(again, 'k', bytes(2))
    ok(compareVersions(after.version, before.version) > 0, 'the stamp rises')
  })

  test('digests are the same after reopening', async ({ store, reopen }) => {
    for (let i = 0; i < 20; i++) await put(store, `key-${String(i % 7)}`, bytes(i))
    const bucket = store.bucketOf('key-3')
    const before = store.digest(bucket)
    const again = await reopen()
    sameData(again.digest(bucket), before, 'digest')
  })
}
