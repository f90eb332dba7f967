import { expect, test } from '@jest/globals'
import { seededRandom } from '@bzzz/base'
import * as fc from 'fast-check'
import { EventHeap } from './event-heap.js'
import { simulate } from './simulate.js'
import { sometimesOf } from './sometimes.js'
import { platformTurn } from './turn.js'

test('a failure names the seed and the trace, and keeps its cause', async () => {
  const cause = new RangeError('broken invariant')
  const seeds: number[] = []
  const failing = simulate({ seeds: 10, firstSeed: 5 }, async (world) => {
    seeds.push(world.seed)
    world.note('something happened')
    await world.run(10)
    if (world.seed === 7) throw cause
  })
  await expect(failing).rejects.toMatchObject({
    code: 'SIM_FAILED',
    message: expect.stringMatching(/seed 7 \(trace [0-9a-f]{16}.*broken invariant\n.*something/s),
    cause,
  })
  expect(seeds).toEqual([5, 6, 7])
})

test('seeds can be named one by one', async () => {
  const seeds: number[] = []
  await simulate({ seeds: [17, 4] }, async (world) => {
    seeds.push(world.seed)
  })
  expect(seeds).toEqual([17, 4])
})

test('what never came about is named', () => {
  const sometimes = sometimesOf('a crash', 'a retry', 'a conflict')
  sometimes('a crash')
  sometimes('a crash', true)
  sometimes('a retry', false)
  expect(sometimes.counts.get('a crash')).toBe(2)
  expect(() => {
    sometimes.assertAllReached()
  }).toThrow('never came about: a retry, a conflict')
  sometimes('a retry')
  sometimes('a conflict')
  sometimes.assertAllReached()
})

const sortKey = ({ dueMs, order }: { dueMs: number; order: number }): number => dueMs * 1000 + order

test('the heap gives events in order of time, then of planning', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer(), (dues, seed) => {
      const heap = new EventHeap()
      const random = seededRandom(seed)
      const popped: number[] = []
      const all = dues.map((dueMs, order) => ({
        dueMs,
        order,
        label: '',
        isForeground: false,
        callback: undefined,
      }))
      for (const event of all) {
        heap.push(event)
        // Now and then one is taken out in between; it goes back in.
        if (random.next() < 0.3) {
          const first = heap.pop()
          if (first !== undefined) heap.push(first)
        }
      }
      for (let event = heap.pop(); event !== undefined; event = heap.pop())
        popped.push(sortKey(event))
      expect(popped).toEqual(all.map(sortKey).toSorted((a, b) => a - b))
    }),
  )
})

test('a turn lets every chain of promises end, on each of the platform ways', async () => {
  const { setImmediate, MessageChannel } = globalThis
  for (const platform of [{ setImmediate }, { MessageChannel }, {}]) {
    const turn = platformTurn(platform)
    let steps = 0
    void (async () => {
      for (; steps < 3000; steps++) await Promise.resolve()
    })()
    await turn()
    expect(steps).toBe(3000)
    await Promise.all([turn(), turn()])
  }
})
