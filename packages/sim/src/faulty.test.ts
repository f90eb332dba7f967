import { describe, expect, test } from '@jest/globals'
import {
  baseError,
  definePort,
  Service,
  verdictOf,
  type AbortOptions,
  type Startable,
  type Unsubscribe,
} from '@bzzz/base'
import type { FaultPlan } from './fault-plan.js'
import { faulty } from './faulty.js'
import { World } from './world.js'

interface Shelf extends Startable {
  readonly label: string
  get(key: string, options?: AbortOptions): Promise<Uint8Array | undefined>
  put(key: string, value: Uint8Array): Promise<number>
  keys(): AsyncIterable<string>
  onChange(listener: (key: string) => void): Unsubscribe
}

const shelfPort = definePort<Shelf>()({
  name: 'Shelf',
  contract: 'shelf/1',
  judge: verdictOf,
  merge: (a) => a,
  unavailable: (message: string) => baseError('TIMEOUT', message),
  probe: { key: 'probe', value: new Uint8Array(), read: () => Promise.resolve(undefined) },
  ops: {
    get: { kind: 'read', key: (key) => key },
    put: { kind: 'write', key: (key) => key, record: (key, value) => ({ key, value }) },
    keys: { kind: 'stream', id: (key) => key },
    onChange: { kind: 'subscribe', id: (key) => key },
  },
})

class MemoryShelf extends Service implements Shelf {
  readonly label: string = 'a shelf'
  readonly values = new Map<string, Uint8Array>()

  constructor() {
    super('the shelf')
  }

  protected override onStart(): Promise<void> {
    return Promise.resolve()
  }

  protected override onStop(): Promise<void> {
    return Promise.resolve()
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.values.get(key))
  }

  put(key: string, value: Uint8Array): Promise<number> {
    this.values.set(key, value.slice())
    return Promise.resolve(this.values.size)
  }

  async *keys(): AsyncGenerator<string> {
    yield* this.values.keys()
  }

  onChange(): Unsubscribe {
    return () => {}
  }
}

const shelf = (plan: FaultPlan<Shelf> = {}) => {
  const inner = new MemoryShelf()
  return { inner, outer: faulty<Shelf>(shelfPort, inner, plan) }
}

const value = new Uint8Array([1, 2, 3])

describe('an empty plan', () => {
  test('passes everything on, properties and lifecycle included', async () => {
    const { inner, outer } = shelf()
    await outer.start()
    expect([outer.label, inner.isStarted]).toEqual(['a shelf', true])
    expect(await outer.put('a', value)).toBe(1)
    expect(await outer.get('a')).toBe(inner.values.get('a'))
    const keys: string[] = []
    for await (const key of outer.keys()) keys.push(key)
    expect(keys).toEqual(['a'])
    outer.onChange(() => {})()
    await outer[Symbol.asyncDispose]()
    expect(inner.isStarted).toBe(false)
    expect(Object.hasOwn(outer, 'get')).toBe(false)
  })
})

const strikesOf = async (seed: number): Promise<string> => {
  const { random } = new World({ seed })
  const { outer } = shelf({ random, every: [{ probability: 0.3, fault: 'unavailable' }] })
  const outcomes = Array.from({ length: 300 }, () =>
    outer.get('a').then(
      () => '.',
      () => 'x',
    ),
  )
  return (await Promise.all(outcomes)).join('')
}

describe('faults', () => {
  test('before the effect: unavailable, answered, or of your own making', async () => {
    for (const [fault, code, verdict] of [
      ['unavailable', 'SIM_FAULT', 'unavailable'],
      ['answered', 'SIM_REFUSED', 'answered'],
      [() => new RangeError('own'), undefined, undefined],
    ] as const) {
      const { inner, outer } = shelf({ ops: { put: [{ fault, timesMax: 1 }] } })
      const error: unknown = await outer.put('a', value).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject(code === undefined ? { message: 'own' } : { code, verdict })
      expect(inner.values.size).toBe(0)
      expect(await outer.put('a', value)).toBe(1)
    }
  })

  test('a lost reply takes effect', async () => {
    const { inner, outer } = shelf({ ops: { put: [{ fault: 'lost-reply' }] } })
    await expect(outer.put('a', value)).rejects.toMatchObject({ code: 'SIM_FAULT' })
    expect(inner.values.size).toBe(1)
  })

  test('a hanging call ends when its signal fires, and not before', async () => {
    const world = new World()
    const { outer } = shelf({ ops: { get: [{ fault: 'hang' }] } })
    const controller = new AbortController()
    const hanging = outer.get('a', { signal: controller.signal })
    await expect(
      world.complete(
        hanging.catch(() => {}),
        50,
      ),
    ).rejects.toMatchObject({
      code: 'SIM_STUCK',
    })
    controller.abort()
    await expect(hanging).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('of a stream: before its items, or after them', async () => {
    for (const [fault, count] of [
      ['unavailable', 0],
      ['lost-reply', 2],
    ] as const) {
      const { outer } = shelf({ ops: { keys: [{ fault }] } })
      await outer.put('a', value)
      await outer.put('b', value)
      const keys: string[] = []
      const reading = async (): Promise<void> => {
        for await (const key of outer.keys()) keys.push(key)
      }
      await expect(reading()).rejects.toMatchObject({ code: 'SIM_FAULT' })
      expect(keys).toHaveLength(count)
    }
  })

  test('strike with their probability, the same for the same seed', async () => {
    const first = await strikesOf(1)
    expect(await strikesOf(1)).toBe(first)
    expect(await strikesOf(2)).not.toBe(first)
    const struck = first.replaceAll('.', '').length
    expect(struck).toBeGreaterThan(60)
    expect(struck).toBeLessThan(120)
  })

  test('delays pass on the clock of the plan, with the bytes as they were given', async () => {
    const world = new World()
    const { random, clock } = world
    const { inner, outer } = shelf({ random, clock, every: [{ delayMaxMs: 100 }] })
    const given = value.slice()
    const writing = outer.put('a', given)
    given.fill(0)
    await world.complete(writing)
    expect(world.nowMs).toBeGreaterThan(0)
    expect(inner.values.get('a')).toEqual(value)
  })

  test('a plan that lacks what it needs is refused, and plans can be changed', async () => {
    expect(() => shelf({ every: [{ probability: 0.5 }] })).toThrow(/needs a random/)
    expect(() => shelf({ every: [{ delayMaxMs: 5 }] })).toThrow(/clock/)
    const { outer } = shelf({ every: [{ fault: 'unavailable' }] })
    await expect(outer.get('a')).rejects.toMatchObject({ code: 'SIM_FAULT' })
    outer.setFaults({})
    expect(await outer.get('a')).toBeUndefined()
  })
})

describe('bytes', () => {
  test('a reader that changes the bytes of a store is found out', async () => {
    const { outer } = shelf()
    await outer.put('a', value)
    const found = await outer.get('a')
    outer.checkBytes()
    found?.fill(0)
    expect(() => {
      outer.checkBytes()
    }).toThrow(/an answer of get were changed/)
  })

  test('it is found out although much was read since', async () => {
    const { outer } = shelf()
    await outer.put('a', value)
    const found = await outer.get('a')
    found?.fill(0)
    await outer.put('b', value)
    const reading = async (): Promise<void> => {
      for (let i = 0; i < 300; i++) await outer.get('b')
    }
    await expect(reading()).rejects.toMatchObject({ code: 'SIM_BYTES_CHANGED' })
  })

  test('an implementation that changes what it was given is found out', async () => {
    const { inner, outer } = shelf()
    inner.put = (_key, given) => {
      given.fill(0)
      return Promise.resolve(0)
    }
    await expect(outer.put('a', value.slice())).rejects.toMatchObject({ code: 'SIM_BYTES_CHANGED' })
  })
})
