import { describe, expect, test } from '@jest/globals'
import { delay } from '@bzzz/base'
import { SimNetwork } from './sim-network.js'
import { World } from './world.js'

const chain = async (length: number): Promise<void> => {
  for (let i = 0; i < length; i++) await Promise.resolve()
}

describe('time', () => {
  test('stands at the bound after a run, and events at the bound have happened', async () => {
    const world = new World()
    const seen: string[] = []
    world.clock.setTimer(() => seen.push('late'), 20.5)
    world.clock.setTimer(() => seen.push('b'), 10)
    world.clock.setTimer(() => seen.push('c'), 10)
    world.clock.setTimer(() => seen.push('a'), 5)
    await world.run(10)
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(world.nowMs).toBe(10)
    expect(world.clock.nowMs()).toBe(1_700_000_000_010)
    await world.runFor(10)
    expect(seen).toHaveLength(3)
  })

  test('promise callbacks run to their end before the next event, however long the chain', async () => {
    const world = new World()
    const seen: string[] = []
    world.clock.setTimer(() => {
      void chain(5000).then(() => seen.push('chain of the first'))
    }, 1)
    world.clock.setTimer(() => seen.push('second'), 1)
    await world.run(2)
    expect(seen).toEqual(['chain of the first', 'second'])
  })

  test('the code that waits for a goal runs before the next event', async () => {
    const world = new World()
    const seen: string[] = []
    world.clock.setTimer(() => seen.push('event at 6'), 6)
    const stop = world.drive()
    await delay(world.clock, 5)
    await chain(50)
    seen.push(`caller at ${world.nowMs}`)
    await delay(world.clock, 5)
    stop()
    expect(seen).toEqual(['caller at 5', 'event at 6'])
  })

  test('what that code did counts before the next event', async () => {
    const world = new World()
    let isDone = false
    for (const dueMs of [10, 20]) world.clock.setTimer(() => {}, dueMs)
    const first = world
      .runUntil(() => world.nowMs >= 10, 100)
      .then(() => {
        isDone = true
      })
    await world.runUntil(() => isDone, 100)
    await first
    expect(world.nowMs).toBe(10)
  })

  test('a cancelled timer does not fire', async () => {
    const world = new World()
    let fired = 0
    const cancel = world.clock.setTimer(() => fired++, 1)
    cancel()
    cancel()
    await world.run(10)
    expect(fired).toBe(0)
  })
})

describe('waiting', () => {
  test('complete gives the outcome of the work, good or bad', async () => {
    const world = new World()
    await expect(world.complete(delay(world.clock, 700).then(() => 'done'))).resolves.toBe('done')
    expect(world.nowMs).toBe(700)
    const failing = delay(world.clock, 1).then(() => Promise.reject(new RangeError('no')))
    await expect(world.complete(failing)).rejects.toThrow('no')
  })

  test('a call that hangs is told, with the seed', async () => {
    const world = new World({ seed: 77 })
    const hanging = new Promise<void>(() => {})
    await expect(world.complete(hanging, 1000)).rejects.toMatchObject({
      code: 'SIM_STUCK',
      message: expect.stringMatching(/nothing is left to happen.*seed 77/),
    })
    expect(world.nowMs).toBe(1000)
  })

  test('settle waits for what is in flight, and not for timers', async () => {
    const world = new World()
    const seen: string[] = []
    const tick = (): void => {
      world.clock.setTimer(tick, 10)
    }
    tick()
    world.after(900, () => seen.push('arrived'), 'message')
    await world.settle({ quietMs: 100 })
    expect(seen).toEqual(['arrived'])
    expect(world.nowMs).toBe(1000)
  })

  test('what came and went during the quiet time starts it anew', async () => {
    const world = new World()
    world.clock.setTimer(() => {
      world.after(5, () => {}, 'late message')
    }, 50)
    await world.settle({ quietMs: 100 })
    expect(world.nowMs).toBe(200)
  })

  test('settle gives up on a world that never rests', async () => {
    const world = new World()
    const again = (): void => {
      world.after(10, again, 'chatter')
    }
    again()
    await expect(world.settle({ boundMs: 500 })).rejects.toMatchObject({ code: 'SIM_STUCK' })
  })

  test('what throws in an event ends the simulation for everybody who runs it', async () => {
    const world = new World({ seed: 5 })
    world.clock.setTimer(() => {
      throw new RangeError('broken node')
    }, 3)
    await expect(world.run(10)).rejects.toMatchObject({
      code: 'SIM_FAILED',
      message: expect.stringContaining('seed 5'),
    })
    await expect(world.run(20)).rejects.toMatchObject({ code: 'SIM_FAILED' })
  })

  test('several goals at once each end at their own time', async () => {
    const world = new World()
    const seen: string[] = []
    await Promise.all([
      world.run(30).then(() => seen.push(`c ${world.nowMs}`)),
      world.run(10).then(() => seen.push(`a ${world.nowMs}`)),
      world.runUntil(() => world.nowMs >= 20, 100).then(() => seen.push(`b ${world.nowMs}`)),
      world.run(20),
    ])
    expect(seen).toEqual(['a 10', 'b 20', 'c 30'])
  })

  test('a driven world that is idle wakes up for new events', async () => {
    const world = new World()
    const stop = world.drive()
    await world.settle()
    await delay(world.clock, 1)
    stop()
    const before = world.trace.count
    world.clock.setTimer(() => {}, 1)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(world.trace.count).toBe(before)
  })
})

const traceOf = async (seed: number, extra = false): Promise<string> => {
  const world = new World({ seed })
  const network = new SimNetwork(world, {
    link: { lossProbability: 0.1, duplicateProbability: 0.1, latencyMaxMs: 30 },
  })
  const peers = ['a', 'b', 'c'].map((id) => network.transport(id))
  for (const peer of peers)
    peer.handle('/echo', async (payload) => {
      await chain(payload.length)
      return payload
    })
  const from = world.stream('client')
  if (extra) world.stream('another part').next()
  const work = Array.from({ length: 200 }, async () => {
    await delay(world.clock, from.next() * 500)
    const [a, b] = [from.int(3), from.int(3)]
    await peers[a]
      ?.request(['a', 'b', 'c'][b] ?? '', '/echo', from.bytes(from.int(20)), { deadlineMs: 50 })
      .catch(() => {})
  })
  await world.complete(Promise.all(work))
  return `${world.trace.count} ${world.trace.hash}`
}

describe('determinism', () => {
  test('equal seeds give equal traces, others do not', async () => {
    const first = await traceOf(1)
    expect(await traceOf(1)).toBe(first)
    expect(await traceOf(1, true)).toBe(first)
    expect(await traceOf(2)).not.toBe(first)
  })
})
