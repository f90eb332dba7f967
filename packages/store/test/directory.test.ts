import { expect, test } from '@jest/globals'
import { seededRandom } from '@bzzz/base'
import { seal } from '../src/log/sealed-file.js'
import { FakeDisk } from './fake-disk.js'
import { makeStore, put, refusal, startStore, textOf } from './harness.js'

/** Log and mark on different disks, as in a directory with its mark beside it. */
interface Place {
  disk: FakeDisk
  beside: FakeDisk
}

const options = ({ beside }: Place): { markPlace: { disk: FakeDisk; name: string } } => ({
  markPlace: { disk: beside, name: 'store.mark' },
})

const copy = (place: Place): Place => ({ disk: place.disk.killed(), beside: place.beside.killed() })

const written = async (): Promise<Place> => {
  const place = { disk: new FakeDisk(), beside: new FakeDisk() }
  const store = await startStore(place.disk, { ...options(place), segmentBytes: 600 })
  for (let i = 0; i < 10; i++) await put(store, `key-${String(i)}`, 'value')
  await store.stop()
  return place
}

const code = (place: Place, more = {}): Promise<string | undefined> =>
  refusal(place.disk, { ...options(place), ...more })

test('an untouched directory opens', async () => {
  expect(await code(await written())).toBeUndefined()
})

test('an emptied directory is refused, not begun anew', async () => {
  const place = await written()
  place.disk = new FakeDisk()
  expect(await code(place)).toBe('STORE_EMPTIED')
  expect([...place.disk.live.keys()]).toEqual([])
})

test('segments that are gone are refused, all of them or one', async () => {
  const place = await written()
  const names = [...place.disk.live.keys()].filter((name) => name.endsWith('.log'))
  expect(names.length).toBeGreaterThan(2)
  const all = copy(place)
  for (const name of names) all.disk.live.delete(name)
  expect(await code(all)).toBe('STORE_EMPTIED')
  all.disk.live.delete('manifest')
  expect(await code(all)).toBe('STORE_EMPTIED')
  for (const name of [...names, 'manifest', 'identity']) {
    const one = copy(place)
    one.disk.live.delete(name)
    expect([name, await code(one)]).toEqual([name, 'STORE_DAMAGED'])
  }
})

test('a directory swapped with that of another store is refused', async () => {
  const place = await written()
  const other = new FakeDisk()
  const store = await startStore(other, { random: seededRandom(2) })
  await put(store, 'k', 'v')
  await store.stop()
  expect(await code({ ...place, disk: other.killed() }, { random: seededRandom(3) })).toBe(
    'STORE_FOREIGN',
  )
  const stranger = copy(place)
  const segment = other.get('00000001.log').slice()
  const listed = [...stranger.disk.live.keys()].filter((name) => name.endsWith('.log'))
  stranger.disk.put(listed.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? '', segment)
  expect(await code(stranger)).toBe('STORE_FOREIGN')
  const wrongList = copy(place)
  wrongList.disk.put('manifest', other.get('manifest').slice())
  expect(await code(wrongList)).toBe('STORE_FOREIGN')
  const extra = copy(place)
  extra.disk.put('00000099.log', segment)
  expect(await code(extra)).toBe('STORE_FOREIGN')
})

test("another node's directory is refused", async () => {
  expect(await code(await written(), { writer: 'node-b' })).toBe('STORE_FOREIGN')
})

test('a restored backup is refused', async () => {
  const place = await written()
  const backup = place.disk.killed()
  const store = await startStore(place.disk, options(place))
  await put(store, 'newer', 'value')
  await store.stop()
  expect(await code({ ...place, disk: backup.killed() })).toBe('STORE_ROLLED_BACK')
  // One that another life of the node went on from, past the number of frames.
  const forked = copy({ ...place, disk: backup })
  const fork = await startStore(forked.disk, {
    markPlace: { disk: new FakeDisk(), name: 'store.mark' },
  })
  for (let i = 0; i < 10; i++) await put(fork, `fork-${String(i)}`, 'value')
  await fork.stop()
  expect(await code({ ...forked, beside: place.beside })).toBe('STORE_ROLLED_BACK')
})

test('an older manifest is refused, and the segments that it does not know are kept', async () => {
  const place = { disk: new FakeDisk(), beside: new FakeDisk() }
  const store = await startStore(place.disk, { ...options(place), segmentBytes: 600 })
  const old = place.disk.get('manifest').slice()
  for (let i = 0; i < 4; i++) await put(store, `key-${String(i)}`, 'x'.repeat(700))
  await store.stop()
  for (const beside of [place.beside, new FakeDisk()]) {
    const restored = { disk: place.disk.killed(), beside }
    restored.disk.put('manifest', old)
    const names = [...restored.disk.live.keys()]
    expect(await code(restored)).toBe('STORE_ROLLED_BACK')
    expect([...restored.disk.live.keys()]).toEqual(names)
  }
})

test('a directory that moved without its mark opens, and gets a new one', async () => {
  const place = await written()
  const moved = { disk: place.disk.killed(), beside: new FakeDisk() }
  const store = await startStore(moved.disk, options(moved))
  expect(await textOf(store, 'key-3')).toBe('value')
  await store.stop()
  expect([...moved.beside.live.keys()]).toEqual(['store.mark'])
})

test('a format of the future is refused as such', async () => {
  const place = await written()
  place.disk.put('identity', seal('bzzz-store', { format: 2 }))
  expect(await code(place)).toBe('STORE_FORMAT')
})

test('leftovers of interrupted steps are removed', async () => {
  const place = await written()
  place.disk.put('00000077.log', new Uint8Array(10))
  place.disk.put('manifest.tmp', new Uint8Array(10))
  expect(await code(place)).toBeUndefined()
  expect([...place.disk.live.keys()].filter((name) => /tmp|77/.test(name))).toEqual([])
})

test('a start that fails can be tried again once its cause is gone', async () => {
  const place = await written()
  const good = place.disk.get('manifest').slice()
  place.disk.flip('manifest', 300)
  const store = makeStore(place.disk, options(place))
  await expect(store.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  place.disk.put('manifest', good)
  await store.start()
  expect(store.size).toBe(10)
  await store.stop()
})
