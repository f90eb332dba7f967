import { ManualClock, type Cancel, type Clock } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { Deadlines } from './deadlines.js'

/** Counts the timers that were ever set. */
class CountingClock extends ManualClock {
  timers = 0

  override setTimer(callback: () => void, delayMs: number): Cancel {
    this.timers++
    return super.setTimer(callback, delayMs)
  }
}

const entry = (clock: Clock, inMs: number, log: number[]) => {
  const deadlineAtMs = clock.monotonicMs() + inMs
  return { deadlineAtMs, expire: () => void log.push(deadlineAtMs) }
}

describe('deadlines', () => {
  test('each expires at its time, in order', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: number[] = []
    for (const inMs of [300, 100, 200]) deadlines.add(entry(clock, inMs, log))
    clock.advance(99)
    expect(log).toEqual([])
    clock.advance(1)
    expect(log).toEqual([100])
    clock.advance(200)
    expect(log).toEqual([100, 200, 300])
    expect(clock.pendingTimers).toBe(0)
  })

  test('an answered request does not expire, and 10,000 of them take few timers', () => {
    const clock = new CountingClock()
    const deadlines = new Deadlines(clock)
    const log: number[] = []
    for (let i = 0; i < 10_000; i++) {
      const request = entry(clock, 60, log)
      deadlines.add(request)
      clock.advance(0.1)
      deadlines.delete(request)
    }
    expect(log).toEqual([])
    // One second of traffic in deadlines of 60 ms.
    expect(clock.timers).toBeLessThanOrEqual(20)
  })

  test('a stalled process reads its sockets before it gives up', () => {
    const timers: (() => void)[] = []
    let nowMs = 0
    const clock: Clock = {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      setTimer: (callback) => {
        timers.push(callback)
        return () => {}
      },
    }
    const deadlines = new Deadlines(clock)
    const log: number[] = []
    const answered = entry(clock, 60, log)
    const lost = entry(clock, 60, log)
    deadlines.add(answered)
    deadlines.add(lost)
    nowMs = 500
    timers.shift()?.()
    expect(log).toEqual([])
    // Here the event loop reads its sockets.
    deadlines.delete(answered)
    timers.shift()?.()
    expect(log).toEqual([60])
  })

  test('stop forgets everything', () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const log: number[] = []
    deadlines.add(entry(clock, 10, log))
    deadlines.stop()
    clock.advance(100)
    expect({ log, size: deadlines.size, timers: clock.pendingTimers }).toEqual({
      log: [],
      size: 0,
      timers: 0,
    })
  })
})
