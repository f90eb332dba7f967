import { Deadlines, ManualClock, type Cancel, type Clock } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'

/** Counts the timers that were ever set. */
class CountingClock extends ManualClock {
  timers = 0

  override setTimer(callback: () => void, delayMs: number): Cancel {
    this.timers++
    return super.setTimer(callback, delayMs)
  }
}

/** A process that stalls: its timers run when the test says so, its clock is set by hand. */
const stalling = () => {
  const timers: (() => void)[] = []
  const state = { nowMs: 0 }
  const clock: Clock = {
    nowMs: () => state.nowMs,
    monotonicMs: () => state.nowMs,
    setTimer: (callback) => {
      timers.push(callback)
      return () => {}
    },
  }
  return { state, clock, fire: () => timers.shift()?.() }
}

describe('Deadlines', () => {
  test('each expires at its time, in order, and leaves no timer', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    for (const delayMs of [300, 100, 200])
      deadlines.add(delayMs, () => log.push(`${delayMs} at ${clock.monotonicMs()}`))
    expect(deadlines.size).toBe(3)
    clock.advance(1_000)
    expect(log).toEqual(['100 at 100', '200 at 200', '300 at 300'])
    expect([clock.pendingTimers, deadlines.size]).toEqual([0, 0])
  })

  test('an earlier one added later is not made to wait', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    deadlines.add(1_000, () => log.push('slow'))
    deadlines.add(20, () => log.push('fast'))
    clock.advance(20)
    expect(log).toEqual(['fast'])
  })

  test('none is early, and none more than 2 ms late', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const lateMs: number[] = []
    for (let n = 0; n < 400; n++) {
      const dueMs = clock.monotonicMs() + 20 + ((n * 7) % 41)
      deadlines.add(dueMs - clock.monotonicMs(), () => lateMs.push(clock.monotonicMs() - dueMs))
      clock.advance(0.3)
    }
    clock.advance(100)
    expect(lateMs).toHaveLength(400)
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(2)
  })

  test('what ended in time does not expire, and 10,000 of them take few timers', () => {
    const clock = new CountingClock()
    const deadlines = new Deadlines(clock)
    let expired = 0
    for (let n = 0; n < 10_000; n++) {
      const cancel = deadlines.add(60, () => expired++)
      clock.advance(0.1)
      cancel()
    }
    expect(expired).toBe(0)
    // One second of traffic in deadlines of 60 ms.
    expect(clock.timers).toBeLessThanOrEqual(20)
  })

  test('a burst that expires together is found in one pass', () => {
    const clock = new CountingClock()
    const deadlines = new Deadlines(clock)
    let expired = 0
    for (let n = 0; n < 1_000; n++) deadlines.add(20 + n / 1_000, () => expired++)
    clock.advance(22)
    expect(expired).toBe(1_000)
    expect(clock.timers).toBeLessThanOrEqual(3)
  })

  test('a stalled process reads its sockets before it gives up', () => {
    const { state, clock, fire } = stalling()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    const answered = deadlines.add(60, () => log.push('answered'))
    deadlines.add(60, () => log.push('lost'))
    state.nowMs = 500
    fire()
    expect(log).toEqual([])
    // Here the event loop reads its sockets.
    answered()
    fire()
    expect(log).toEqual(['lost'])
  })

  test('one that expires may cancel another, and add one', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    deadlines.add(10, () => {
      log.push('first')
      second()
      deadlines.add(10, () => log.push('third'))
    })
    const second = deadlines.add(10, () => log.push('second'))
    clock.advance(20)
    expect(log).toEqual(['first', 'third'])
  })

  test('one that throws does not take the others with it', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    deadlines.add(10, () => {
      throw new Error('a listener of somebody')
    })
    deadlines.add(10, () => log.push('second'))
    expect(() => clock.advance(10)).toThrow('a listener of somebody')
    clock.advance(1)
    expect(log).toEqual(['second'])
  })

  test('an entry of the caller is watched and forgotten without a closure', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: number[] = []
    const entries = [10, 20].map((deadlineAtMs) => ({
      deadlineAtMs,
      expire: () => void log.push(deadlineAtMs),
    }))
    for (const entry of entries) deadlines.watch(entry)
    if (entries[0] !== undefined) deadlines.forget(entries[0])
    clock.advance(30)
    expect(log).toEqual([20])
  })

  test('clear forgets everything, and new ones may follow', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: string[] = []
    deadlines.add(10, () => log.push('before'))
    deadlines.clear()
    expect([deadlines.size, clock.pendingTimers]).toEqual([0, 0])
    deadlines.add(50, () => log.push('after'))
    clock.advance(100)
    expect(log).toEqual(['after'])
  })
})
