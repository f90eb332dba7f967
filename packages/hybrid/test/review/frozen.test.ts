import { seededRandom, standIn, type ModeSetting } from '@bzzz/base'
import type { DHT } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import { describe, expect, test } from '@jest/globals'
import { bytesOf, HybridDHT } from '../support.js'

const never = (): Promise<never> => new Promise(() => {})

/** A hybrid whose real side freezes in the calls that are named. */
const frozen = async (setting: ModeSetting, held: readonly (keyof DHT | 'copyAll')[]) => {
  const world = new World({ seed: 1 })
  const { clock } = world
  const random = seededRandom(1)
  const store = new MemoryStore({ writer: 'me', clock, random })
  await store.start()
  const freezes = new Set<keyof DHT | 'copyAll'>(held)
  const made: MockDHT[] = []
  const dht = new HybridDHT({
    component: 'dht',
    mock: new MockDHT({ store, clock, random }),
    real: () => {
      const real = new MockDHT({ store, clock, random })
      made.push(real)
      const port = standIn<DHT>(real, {
        start: () => (freezes.has('start') ? never() : real.start()),
        stop: () => (freezes.has('stop') ? never() : real.stop()),
        apply: (...args) =>
          freezes.has('apply') ? never() : real.apply(...(args as Parameters<DHT['apply']>)),
      })
      return {
        port,
        copyAll: (options) => (freezes.has('copyAll') ? never() : real.copyAll(options)),
      }
    },
    store,
    setting,
    clock,
    random,
  })
  const within = async <T>(boundMs: number, work: () => Promise<T>): Promise<T> => {
    const stopWorld = world.drive()
    try {
      const late = new Promise<never>((_resolve, reject) => {
        world.after(
          boundMs,
          () => {
            reject(new Error(`not within ${boundMs} ms`))
          },
          'late',
        )
      })
      return await Promise.race([work(), late])
    } finally {
      stopWorld()
    }
  }
  const pass = (ms: number): Promise<void> =>
    within(ms + 1, () => new Promise((resolve) => void world.after(ms, resolve, 'pass')))
  return { dht, freezes, made, within, pass, store }
}

const HYBRID = { mode: 'hybrid', percent: 100 } as const

describe('a real side that is frozen', () => {
  test('while it starts: the hybrid starts without it, changes its mode, and stops', async () => {
    const { dht, within } = await frozen(HYBRID, ['start'])
    await within(10_000, () => dht.start())
    expect(await within(100, () => dht.put('k', bytesOf('v')))).toMatchObject({ level: 'local' })
    await within(20_000, () => dht.controls.setMode({ mode: 'mock' }, { isNow: true }))
    await within(20_000, () => dht.controls.setMode({ mode: 'hybrid' }))
    await within(20_000, () => dht.stop())
  })

  test('while it starts: given up after a while, and not made anew before it has stopped', async () => {
    const { dht, within, pass, made, freezes } = await frozen(HYBRID, ['start', 'stop'])
    await within(10_000, () => dht.start())
    freezes.delete('start')
    await pass(120_000)
    expect([made.length, dht.controls.serving]).toEqual([1, 'store'])
  })

  test('while it starts: mode `real` is refused in time, at the start and at run time', async () => {
    const atStart = await frozen({ mode: 'real', percent: 100 }, ['start'])
    await expect(atStart.within(60_000, () => atStart.dht.start())).rejects.toMatchObject({
      code: 'HYBRID_START_FAILED',
    })
    const later = await frozen({ mode: 'mock', percent: 100 }, ['start'])
    await later.within(1_000, () => later.dht.start())
    await expect(
      later.within(60_000, () => later.dht.controls.setMode({ mode: 'real' })),
    ).rejects.toMatchObject({ code: 'HYBRID_NOT_READY' })
    expect(later.dht.controls.setting.mode).toBe('mock')
    await later.within(20_000, () => later.dht.stop())
  })

  test('while it stops: the mode changes, later changes are not held up, and no second one runs', async () => {
    const { dht, within, pass, made, freezes } = await frozen(HYBRID, ['stop'])
    await within(10_000, () => dht.start())
    await within(20_000, () => dht.controls.setMode({ mode: 'mock' }, { isNow: true }))
    freezes.clear()
    await within(20_000, () => dht.controls.setMode({ mode: 'hybrid' }))
    await pass(60_000)
    expect(made.length).toBe(1)
    expect(dht.controls.serving).toBe('store')
    await within(20_000, () => dht.stop())
  })

  test('while it copies: given up, the mode stays, and an abort is heard', async () => {
    const { dht, within } = await frozen(HYBRID, ['copyAll'])
    await within(10_000, () => dht.start())
    const leave = (signal?: AbortSignal): Promise<void> =>
      within(60_000, () => dht.controls.setMode({ mode: 'mock' }, { signal }))
    await expect(leave()).rejects.toMatchObject({ code: 'HYBRID_COPY_INCOMPLETE' })
    expect(dht.controls.setting.mode).toBe('hybrid')
    const given = new AbortController()
    const leaving = leave(given.signal)
    given.abort()
    await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' })
    await within(20_000, () => dht.controls.setMode({ mode: 'mock' }, { isNow: true }))
    await within(20_000, () => dht.stop())
  })

  test('while a caller waits long: a stop answers that caller, and is not held up', async () => {
    const { dht, within, freezes } = await frozen(HYBRID, [])
    await within(10_000, () => dht.start())
    freezes.add('apply')
    const writing = dht.put('k', bytesOf('v'), { level: 'quorum', timeoutMs: 3_600_000 })
    await within(10_000, () => dht.stop())
    expect(await writing).toMatchObject({ outcome: 'pending' })
  })
})

test('a start that fails after the embedded side has started leaves nothing running', async () => {
  const world = new World({ seed: 1 })
  const { clock } = world
  const random = seededRandom(1)
  const store = new MemoryStore({ writer: 'me', clock, random })
  await store.start()
  const mock = new MockDHT({ store, clock, random })
  const dht = new HybridDHT({
    component: 'dht',
    mock,
    real: () => ({ port: new MockDHT({ store, clock, random }) }),
    store,
    setting: HYBRID,
    completeness: {
      load: () => Promise.resolve(true),
      save: () => Promise.reject(new Error('the disk is full')),
    },
    clock,
    random,
  })
  await expect(dht.start()).rejects.toMatchObject({ code: 'HYBRID_START_FAILED' })
  await expect(mock.get('k')).rejects.toMatchObject({ code: 'NOT_STARTED' })
})

test('a start in mode `real` that fails does not make a whole store count as incomplete', async () => {
  const world = new World({ seed: 1 })
  const { clock } = world
  const random = seededRandom(1)
  const store = new MemoryStore({ writer: 'me', clock, random })
  await store.start()
  let isComplete = true
  const options = {
    component: 'dht',
    store,
    completeness: {
      load: () => Promise.resolve(isComplete),
      save: async (next: boolean) => {
        isComplete = next
      },
    },
    clock,
    random,
  }
  const failing = new HybridDHT({
    ...options,
    mock: new MockDHT({ store, clock, random }),
    real: () => {
      throw new Error('no network')
    },
    setting: { mode: 'real', percent: 100 },
  })
  await expect(failing.start()).rejects.toMatchObject({ code: 'HYBRID_START_FAILED' })
  const alone = new HybridDHT({
    ...options,
    mock: new MockDHT({ store, clock, random }),
    real: () => ({ port: new MockDHT({ store, clock, random }) }),
    setting: { mode: 'mock', percent: 100 },
  })
  await alone.start()
  expect(await alone.get('absent')).toBeUndefined()
})
