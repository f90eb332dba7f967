import { expect, test } from '@jest/globals'
import { seededRandom, type Disk, type DiskFile } from '@bzzz/base'
import { MockDHT } from '@bzzz/dht-mock'
import { SimDisk, World } from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import { bytesOf, FakePeers, fakeReal, HybridDHT } from './support.js'

/** Counts the syncs of files that reach the disk. */
const counting = (disk: Disk, count: { syncs: number }): Disk => {
  const watched = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name !== 'sync') return value.bind(target) as unknown
        return (...args: unknown[]) => {
          count.syncs++
          return value.apply(target, args) as unknown
        }
      },
    })
  return new Proxy(disk, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        const result: unknown = await value.apply(target, args)
        const isFile = typeof result === 'object' && result !== null && 'sync' in result
        return isFile ? watched(result as DiskFile) : result
      }
    },
  })
}

test.each(['alone', 'stacked'] as const)('a write costs one sync, %s', async (kind) => {
  const world = new World({ seed: 5 })
  const { clock } = world
  const random = seededRandom(5)
  const count = { syncs: 0 }
  const store = new LogStore({
    writer: 'me',
    clock,
    random,
    disk: counting(new SimDisk(world), count),
  })
  const stopWorld = world.drive()
  await store.start()
  const peers = new FakePeers()
  const embedded = (): MockDHT => new MockDHT({ store, clock, random })
  const setting = { mode: 'hybrid', percent: 100 } as const
  const common = { store, setting, clock, random, component: 'dht', mock: embedded() }
  const inner = (): HybridDHT =>
    new HybridDHT({ ...common, mock: embedded(), real: () => fakeReal(peers, store, embedded()) })
  const dht =
    kind === 'alone'
      ? new HybridDHT({ ...common, real: () => fakeReal(peers, store, embedded()) })
      : new HybridDHT({ ...common, real: () => ({ port: inner() }) })
  await dht.start()
  await new Promise<void>((resolve) => void world.after(100, resolve, 'start'))
  expect(dht.controls.serving).toBe('real')
  await dht.put('warm', bytesOf('up'))
  const before = count.syncs
  for (let i = 0; i < 10; i++) {
    const receipt = await dht.put(`k${i}`, bytesOf('v'), { opId: `op-${i}` })
    expect(receipt).toMatchObject({ outcome: 'acknowledged', level: 'quorum' })
  }
  expect(count.syncs - before).toBe(10)
  expect((await dht.put('k1', bytesOf('v'), { opId: 'op-1' })).opId).toBe('op-1')
  expect(count.syncs - before).toBe(10)
  expect(peers.records.has('k9')).toBe(true)
  await dht.stop()
  await store.stop()
  stopWorld()
})
