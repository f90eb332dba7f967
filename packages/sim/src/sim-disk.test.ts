import { describe, expect, test } from '@jest/globals'
import { delay, fromUtf8, seededRandom, utf8, type DiskFile } from '@bzzz/base'
import { Machine } from './machine.js'
import { SimDisk, type SimDiskOptions } from './sim-disk.js'
import { SimNetwork } from './sim-network.js'
import { World } from './world.js'

interface Bench {
  readonly world: World
  readonly disk: SimDisk
  readonly run: <T>(work: Promise<T>) => Promise<T>
}

const bench = (options: SimDiskOptions = {}, seed = 1): Bench => {
  const world = new World({ seed })
  return { world, disk: new SimDisk(world, options), run: (work) => world.complete(work) }
}

const written = async (
  { disk, run }: Bench,
  name: string,
  ...parts: string[]
): Promise<DiskFile> => {
  const file = await run(disk.open(name, { create: true }))
  for (const part of parts) await run(file.append(utf8(part)))
  return file
}

const textOf = async (
  { world }: Bench,
  disk: SimDisk,
  name: string,
): Promise<string | undefined> => {
  const bytes = await world.complete(disk.readFile(name))
  return bytes === undefined ? undefined : fromUtf8(bytes)
}

describe('what a power cut leaves', () => {
  test('synced bytes under a synced name', async () => {
    const it = bench()
    const file = await written(it, 'log', 'safe')
    await it.run(file.sync())
    await it.run(it.disk.syncDirectory())
    await it.run(file.append(utf8(' lost')))
    expect(await textOf(it, it.disk, 'log')).toBe('safe lost')
    expect(await textOf(it, it.disk.crash(), 'log')).toBe('safe')
  })

  test('no file whose name was not synced, however well its bytes were', async () => {
    const it = bench()
    await it.run((await written(it, 'log', 'x')).sync())
    expect(await it.run(it.disk.crash().list())).toEqual([])
  })

  test('the old names of renames and removals that were not synced', async () => {
    const it = bench()
    for (const name of ['old', 'gone']) await it.run((await written(it, name, name)).sync())
    await it.run(it.disk.syncDirectory())
    await it.run((await written(it, 'new', 'new')).sync())
    await it.run(it.disk.rename('new', 'old'))
    await it.run(it.disk.remove('gone'))
    expect(await it.run(it.disk.list())).toEqual(['old'])
    const found = it.disk.crash()
    expect((await it.run(found.list())).toSorted()).toEqual(['gone', 'old'])
    expect(await textOf(it, found, 'old')).toBe('old')
  })

  test('everything after a mere kill', async () => {
    const it = bench()
    await written(it, 'log', 'in the page cache')
    expect(await textOf(it, it.disk.crash('kill'), 'log')).toBe('in the page cache')
  })

  test('by seed, any part of what was not synced: torn, and never anything synced', async () => {
    const lengths = new Set<number>()
    let zeroed = 0
    for (let seed = 1; seed <= 200; seed++) {
      const it = bench({}, seed)
      const file = await written(it, 'log', 's'.repeat(700))
      await it.run(file.sync())
      await it.run(it.disk.syncDirectory())
      await it.run(file.append(utf8('u'.repeat(3000))))
      const tearing = seed % 2 === 0 ? 'prefix' : 'sectors'
      const found = (await textOf(it, it.disk.crash('power', { tearing }), 'log')) ?? ''
      expect(found.startsWith('s'.repeat(700))).toBe(true)
      expect(found.slice(700)).toMatch(tearing === 'prefix' ? /^u*$/ : /^[u\0]*$/)
      lengths.add(found.length)
      if (found.includes('\0')) zeroed++
    }
    expect(lengths.size).toBeGreaterThan(100)
    expect(zeroed).toBeGreaterThan(20)
  })

  test('a truncation that was not synced, or the bytes before it', async () => {
    const found = new Set<string>()
    for (let seed = 1; seed <= 30; seed++) {
      const it = bench({}, seed)
      const file = await written(it, 'log', 'long')
      await it.run(file.sync())
      await it.run(it.disk.syncDirectory())
      await it.run(file.truncate(2))
      expect(await textOf(it, it.disk, 'log')).toBe('lo')
      found.add((await textOf(it, it.disk.crash('power', { tearing: 'prefix' }), 'log')) ?? '')
    }
    expect(found).toEqual(new Set(['lo', 'long']))
  })
})

describe('faults', () => {
  test('a full disk takes what fits, says ENOSPC, and works again with room', async () => {
    const it = bench({ capacityBytes: 6 })
    const file = await written(it, 'log', 'four')
    await expect(it.run(file.append(utf8('four')))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(file.size).toBe(6)
    it.disk.capacityBytes = 100
    await it.run(file.append(utf8('!')))
    expect(await textOf(it, it.disk, 'log')).toBe('fourfo!')
  })

  test('bytes of a failed sync are gone for good, although a later sync succeeds', async () => {
    const it = bench()
    const file = await written(it, 'log', 'a')
    await it.run(file.sync())
    await it.run(it.disk.syncDirectory())
    it.disk.failSyncs((sync) => sync === 3)
    await it.run(file.append(utf8('bb')))
    await expect(it.run(file.sync())).rejects.toMatchObject({ code: 'EIO' })
    await it.run(file.append(utf8('c')))
    await it.run(file.sync())
    expect(await textOf(it, it.disk, 'log')).toBe('abbc')
    expect(await textOf(it, it.disk.crash(), 'log')).toBe('a\0\0c')
  })

  test('a flipped bit is read, and found again after a crash', async () => {
    const it = bench()
    const file = await written(it, 'log', 'abc')
    await it.run(file.sync())
    await it.run(it.disk.syncDirectory())
    it.disk.flip('log', 1, 0)
    expect(await textOf(it, it.disk, 'log')).toBe('acc')
    const { name, offset } = it.disk.flipAny(seededRandom(1))
    expect([name, offset < 3]).toEqual(['log', true])
    expect(await textOf(it, it.disk.crash(), 'log')).not.toBe('acc')
  })

  test('a missing file is ENOENT to open, and undefined to read', async () => {
    const it = bench()
    await expect(it.run(it.disk.open('none'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await textOf(it, it.disk, 'none')).toBeUndefined()
  })

  test('a sync takes virtual time', async () => {
    const it = bench({ operationMaxMs: 0, syncMaxMs: 500 })
    const file = await written(it, 'log', 'x')
    expect(it.world.nowMs).toBe(0)
    await it.run(file.sync())
    expect(it.world.nowMs).toBeGreaterThan(1)
  })
})

const boot = (world: World): { machine: Machine; network: SimNetwork } => {
  const network = new SimNetwork(world)
  return { machine: new Machine({ world, network, peerId: 'a' }), network }
}

describe('a machine', () => {
  test('crashed, no call of its process returns and no timer fires', async () => {
    const world = new World()
    const { machine } = boot(world)
    const { clock, disk } = machine.boot()
    const seen: string[] = []
    void delay(clock, 10).then(() => seen.push('timer'))
    void disk.open('log', { create: true }).then(() => seen.push('open'))
    machine.crash()
    expect(machine.isUp).toBe(false)
    await world.runFor(100)
    expect(seen).toEqual([])
    const again = machine.boot()
    await world.complete(delay(again.clock, 10))
    expect(await world.complete(again.disk.list())).toEqual([])
  })

  test('hung, everything waits and happens when it goes on', async () => {
    const world = new World()
    const { machine } = boot(world)
    const { clock, disk } = machine.boot()
    const seen: string[] = []
    void delay(clock, 10).then(() => seen.push('timer'))
    void disk.list().then(() => seen.push('list'))
    machine.hang()
    await world.runFor(100)
    expect(seen).toEqual([])
    machine.resume()
    await world.runFor(1)
    expect(seen.toSorted()).toEqual(['list', 'timer'])
  })

  test('a timer that fell due in a hung process can still be cancelled', async () => {
    const world = new World()
    const { machine } = boot(world)
    const { clock } = machine.boot()
    let fired = 0
    const cancel = clock.setTimer(() => fired++, 10)
    machine.hang()
    await world.runFor(100)
    cancel()
    machine.resume()
    await world.runFor(100)
    expect(fired).toBe(0)
  })

  test('has a clock of its own: offset, drift, and jumps that timers do not notice', async () => {
    const world = new World()
    const clock = world.nodeClock({ offsetMs: 500, driftPpm: 100_000 })
    expect(clock.nowMs() - world.clock.nowMs()).toBe(500)
    const started = clock.monotonicMs()
    const isDone = delay(clock, 110)
    clock.jumpWall(-86_400_000)
    await world.complete(isDone)
    expect(world.nowMs).toBeCloseTo(100, 6)
    expect(clock.monotonicMs() - started).toBeCloseTo(110, 6)
    expect(Number.isInteger(clock.nowMs())).toBe(true)
  })
})
