import { describe, expect, test } from '@jest/globals'
import {
  ByteReader,
  ByteWriter,
  ManualClock,
  seededRandom,
  type Disk,
  type DiskFile,
} from '@bzzz/base'
import { Lanes } from '../src/lanes.js'
import { Locks } from '../src/locks.js'
import { diskViewStorage } from '../src/view-storage.js'
import { addPending, mergeViews, viewOf, type Member } from '../src/view.js'
import { readViewState, writeViewState } from '../src/wire/view-codec.js'

const member = (id: string, rest: Partial<Member> = {}): Member => ({
  id,
  storeId: 's',
  sinceMs: 1,
  addresses: [],
  ...rest,
})

describe('a view', () => {
  test('is named by its members, in whatever order they were learnt', () => {
    expect(viewOf([member('a'), member('b')]).hash).toEqual(viewOf([member('b'), member('a')]).hash)
    expect(viewOf([member('a')]).hash).not.toEqual(viewOf([member('b')]).hash)
  })

  test('grows by merging, and stays the same object when nothing is new', () => {
    const view = viewOf([member('a')])
    expect(mergeViews(view, [member('a')])).toBe(view)
    expect([...mergeViews(view, [member('b')]).members.keys()]).toEqual(['a', 'b'])
  })

  test('takes the later store of a member, whichever side tells it, and that there was another', () => {
    const [old, fresh] = [member('a'), member('a', { storeId: 't', sinceMs: 2 })]
    const both = { ...fresh, hadOther: true }
    const view = mergeViews(viewOf([old]), [fresh])
    expect(view.members.get('a')).toEqual(both)
    expect(mergeViews(viewOf([fresh]), [old]).members.get('a')).toEqual(both)
    for (const known of [old, fresh, both]) expect(mergeViews(view, [known])).toBe(view)
    expect(mergeViews(viewOf([fresh]), [both]).members.get('a')).toEqual(both)
  })

  test('that a member had another store is kept and told', () => {
    const members = [member('a', { hadOther: true, addresses: ['x', 'y'] }), member('b')]
    const writer = new ByteWriter(64)
    writeViewState(writer, { members, pending: [] })
    expect(readViewState(new ByteReader(writer.finish()))).toEqual({ members, pending: [] })
  })

  test('keeps addresses when a teller knows none', () => {
    const view = viewOf([member('a', { addresses: ['x'] })])
    expect(mergeViews(view, [member('a')])).toBe(view)
  })

  test('pending views are sets: order and repeats add nothing', () => {
    const pending = addPending([], [{ ids: ['a', 'b'], isLost: false }])
    expect(addPending(pending, [{ ids: ['b', 'a'], isLost: false }])).toHaveLength(1)
    expect(addPending(pending, [{ ids: ['a', 'b'], isLost: true }])).toHaveLength(2)
    expect(addPending(pending, [{ ids: [], isLost: false }])).toHaveLength(1)
  })
})

describe('locks', () => {
  test('belong to one operation, for a time, and are bounded', () => {
    const clock = new ManualClock()
    const locks = new Locks(clock, 2, () => undefined)
    expect(locks.take('k', 'a', 100)).toBe(true)
    expect(locks.take('k', 'b', 100)).toBe(false)
    expect(locks.isFree('k', 'a')).toBe(true)
    expect(locks.isFree('k', 'b')).toBe(false)
    expect(locks.take('l', 'b', 100)).toBe(true)
    expect(locks.take('m', 'c', 100)).toBe(false)
    clock.advance(100)
    expect(locks.isFree('k', 'b')).toBe(true)
    expect(locks.take('m', 'c', 100)).toBe(true)
    locks.release('m', 'another')
    expect(locks.isFree('m', 'b')).toBe(false)
    locks.release('m', 'c')
    expect(locks.isFree('m', 'b')).toBe(true)
  })
})

describe('lanes', () => {
  test('wait with backoff, wake at once, and empty in portions', () => {
    const clock = new ManualClock()
    const sent: number[] = []
    const lanes = new Lanes<number>({
      clock,
      random: seededRandom(1),
      resend: (item) => sent.push(item),
    })
    for (let item = 0; item < 600; item++) lanes.park(item, 'peer')
    expect(lanes.size).toBe(600)
    lanes.wake('peer')
    clock.advance(0)
    expect(sent).toHaveLength(256)
    clock.advance(60_000)
    expect(sent).toHaveLength(256)
    lanes.succeeded('peer')
    clock.advance(20)
    expect(sent).toHaveLength(512)
    lanes.succeeded('peer')
    clock.advance(20)
    expect(sent).toHaveLength(600)
  })

  test('a peer that fails again and again is tried ever more rarely, yet tried', () => {
    const clock = new ManualClock()
    let tries = 0
    const lanes: Lanes<number> = new Lanes<number>({
      clock,
      random: seededRandom(1),
      resend: (item, peer) => {
        tries++
        lanes.park(item, peer)
      },
    })
    lanes.park(1, 'peer')
    clock.advance(1000)
    const early = tries
    clock.advance(60_000)
    expect(early).toBeGreaterThan(3)
    expect(tries).toBeLessThan(150)
    expect(tries).toBeGreaterThan(25)
  })
})

const memoryDisk = (): { disk: Disk; files: Map<string, Uint8Array> } => {
  const files = new Map<string, Uint8Array>()
  const fileOf = (name: string): DiskFile => ({
    get size() {
      return files.get(name)?.length ?? 0
    },
    append: (bytes) => {
      files.set(name, new Uint8Array([...(files.get(name) ?? []), ...bytes]))
      return Promise.resolve()
    },
    read: () => Promise.reject(new Error('not used')),
    sync: () => Promise.resolve(),
    truncate: () => Promise.resolve(),
    close: () => Promise.resolve(),
  })
  const disk: Disk = {
    list: () => Promise.resolve([...files.keys()]),
    open: (name) => Promise.resolve(fileOf(name)),
    readFile: (name) => Promise.resolve(files.get(name)),
    rename: (from, to) => {
      files.set(to, files.get(from) ?? new Uint8Array(0))
      files.delete(from)
      return Promise.resolve()
    },
    remove: (name) => {
      files.delete(name)
      return Promise.resolve()
    },
    syncDirectory: () => Promise.resolve(),
  }
  return { disk, files }
}

describe('the membership file', () => {
  test('comes back as it was saved last, whatever a crash left beside it', async () => {
    const { disk, files } = memoryDisk()
    const storage = diskViewStorage(disk)
    expect(await storage.load()).toBeUndefined()
    await storage.save(Uint8Array.of(1, 2))
    files.set('members.new', Uint8Array.of(9, 9, 9))
    await storage.save(Uint8Array.of(3))
    expect(await storage.load()).toEqual(Uint8Array.of(3))
  })

  test('is refused when a bit of it flipped, at any place', async () => {
    const { disk, files } = memoryDisk()
    const storage = diskViewStorage(disk)
    await storage.save(Uint8Array.of(1, 2, 3))
    const sound = files.get('members') ?? new Uint8Array(0)
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const damaged = sound.slice()
      damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      files.set('members', damaged)
      await expect(storage.load()).rejects.toMatchObject({ code: 'BYTES_INVALID' })
    }
  })
})
