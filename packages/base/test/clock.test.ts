import { describe, expect, jest, test } from '@jest/globals'
import * as fc from 'fast-check'
import { delay, systemClock } from '../src/clock.js'
import { ManualClock } from '../src/manual-clock.js'
import { codeFrom, settle } from './support.js'

describe('the manual clock', () => {
  test('fires what is due, in order of time, then of creation', () => {
    const timers = fc.array(fc.nat(20), { maxLength: 20 })
    fc.assert(
      fc.property(timers, fc.array(fc.nat(10)), (delays, advances) => {
        const clock = new ManualClock()
        const fired: { at: number; order: number }[] = []
        for (const [order, delayMs] of delays.entries())
          clock.setTimer(() => fired.push({ at: clock.monotonicMs(), order }), delayMs)
        let nowMs = 0
        for (const byMs of advances) {
          clock.advance(byMs)
          nowMs += byMs
          expect(clock.monotonicMs()).toBe(nowMs)
        }
        const expected = delays
          .map((at, order) => ({ at, order }))
          .filter(({ at }) => at <= nowMs && advances.length > 0)
          .toSorted((a, b) => a.at - b.at || a.order - b.order)
        expect(fired).toEqual(expected)
        expect(clock.pendingTimers).toBe(delays.length - expected.length)
      }),
    )
  })

  test('a timer set by a timer fires in the same advance when it is due', () => {
    const clock = new ManualClock()
    const fired: number[] = []
    clock.setTimer(() => {
      clock.setTimer(() => fired.push(clock.monotonicMs()), 5)
    }, 5)
    clock.advance(10)
    expect(fired).toEqual([10])
  })

  test('a cancelled timer does not fire, even when cancelled by one due with it', () => {
    const clock = new ManualClock()
    const fired: string[] = []
    clock.setTimer(() => {
      cancel()
      cancel()
    }, 1)
    const cancel = clock.setTimer(() => fired.push('late'), 1)
    clock.advance(1)
    expect([fired, clock.pendingTimers]).toEqual([[], 0])
  })

  test('monotonic time never goes back', () => {
    const clock = new ManualClock()
    clock.setTimer(() => clock.advance(100), 5)
    clock.advance(10)
    expect(clock.monotonicMs()).toBe(105)
    expect(() => clock.advance(-1)).toThrow('does not go back')
    expect(() => clock.advance(Number.NaN)).toThrow('does not go back')
  })

  test('the wall alone jumps; timers and monotonic time do not notice', () => {
    const clock = new ManualClock(1000)
    let fired = 0
    clock.setTimer(() => fired++, 10)
    clock.jumpWall(-86_400_000)
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1000 - 86_400_000, 0])
    clock.jumpWall(2 * 86_400_000)
    expect(fired).toBe(0)
    clock.advance(10)
    expect([clock.nowMs(), fired]).toEqual([1010 + 86_400_000, 1])
  })
})

describe('delay', () => {
  test('resolves when its time has come', async () => {
    const clock = new ManualClock()
    let done = false
    const waiting = delay(clock, 10).then(() => {
      done = true
    })
    clock.advance(9)
    await settle()
    expect(done).toBe(false)
    clock.advance(1)
    await waiting
    expect(done).toBe(true)
  })

  test('rejects when its signal fires, and leaves no timer', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const outcome = codeFrom(() => delay(clock, 10, { signal: controller.signal }))
    controller.abort()
    expect([await outcome, clock.pendingTimers]).toEqual(['ABORTED', 0])
    const before = codeFrom(() => delay(clock, 10, { signal: controller.signal }))
    expect([await before, clock.pendingTimers]).toEqual(['ABORTED', 0])
  })
})

describe('the system clock', () => {
  test('is the platform’s', () => {
    const beforeMs = Date.now()
    const nowMs = systemClock.nowMs()
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs)
    expect(nowMs).toBeLessThanOrEqual(Date.now())
    expect(systemClock.monotonicMs()).toBeLessThanOrEqual(systemClock.monotonicMs())
  })

  test('fires a timer, and not a cancelled one', async () => {
    const fired: string[] = []
    const cancel = systemClock.setTimer(() => fired.push('cancelled'), 1)
    cancel()
    await new Promise<void>((resolve) => {
      systemClock.setTimer(() => {
        fired.push('due')
        resolve()
      }, 2)
    })
    expect(fired).toEqual(['due'])
  })

  test('a timer beyond 24.8 days, where the platform wraps, fires when it is due and no sooner', () => {
    jest.useFakeTimers()
    try {
      const dayMs = 86_400_000
      let fired = 0
      systemClock.setTimer(() => fired++, 60 * dayMs)
      const cancel = systemClock.setTimer(() => fired++, 60 * dayMs)
      jest.advanceTimersByTime(60 * dayMs - 1)
      expect(fired).toBe(0)
      cancel()
      jest.advanceTimersByTime(1)
      expect(fired).toBe(1)
    } finally {
      jest.useRealTimers()
    }
  })
})
