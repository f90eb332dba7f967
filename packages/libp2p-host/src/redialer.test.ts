import { ManualClock, seededRandom } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { redialDelayMs, Redialer, type DialOutcome } from './redialer.js'

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

const setUp = () => {
  const clock = new ManualClock()
  const redialer = new Redialer(clock, seededRandom(7))
  const dials: number[] = []
  let outcome: DialOutcome | 'throw' = 'again'
  const dial = (): Promise<DialOutcome> => {
    dials.push(clock.monotonicMs())
    if (outcome === 'throw') return Promise.reject(new Error('refused'))
    return Promise.resolve(outcome)
  }
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10)
      await settle()
    }
  }
  const set = (next: DialOutcome | 'throw'): void => {
    outcome = next
  }
  return { clock, redialer, dials, dial, advance, set }
}

describe('redialling', () => {
  test('the backoff doubles from 100 ms to 5 s, and half of it is random', () => {
    const random = seededRandom(1)
    for (let attempt = 0; attempt < 100; attempt++) {
      const ceilingMs = Math.min(5_000, 100 * 2 ** attempt)
      const delays = Array.from({ length: 50 }, () => redialDelayMs(attempt, random))
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(ceilingMs / 2)
      expect(Math.max(...delays)).toBeLessThanOrEqual(ceilingMs)
      expect(new Set(delays).size).toBeGreaterThan(40)
    }
  })

  test('goes on until it is done, also after errors', async () => {
    const { redialer, dials, dial, advance, set } = setUp()
    set('throw')
    redialer.want('a', dial, 60_000)
    await advance(10_000)
    const tries = dials.length
    expect(tries).toBeGreaterThanOrEqual(6)
    expect(tries).toBeLessThanOrEqual(12)
    set('done')
    await advance(5_010)
    expect(dials).toHaveLength(tries + 1)
    expect(redialer.wanted).toEqual([])
  })

  test('one target at a time per name; atOnce does not wait', async () => {
    const { redialer, dials, dial, advance } = setUp()
    redialer.want('a', dial, 60_000, true)
    redialer.want('a', dial, 60_000, true)
    await advance(20)
    expect(dials).toHaveLength(1)
  })

  test('gives up when told so, when dropped, when the time is over, and when stopped', async () => {
    const { clock, redialer, dial, advance, set } = setUp()
    set('never')
    redialer.want('never', dial, 60_000, true)
    await advance(20)
    expect(redialer.isWanted('never')).toBe(false)
    set('again')
    redialer.want('dropped', dial, 60_000)
    redialer.drop('dropped')
    redialer.want('short', dial, 1_000)
    await advance(8_000)
    expect(redialer.wanted).toEqual([])
    redialer.want('stopped', dial, 60_000)
    redialer.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  test('a dial that ends after its target was dropped and wanted anew decides nothing', async () => {
    const clock = new ManualClock()
    const redialer = new Redialer(clock, seededRandom(7))
    const { promise, resolve } = Promise.withResolvers<DialOutcome>()
    redialer.want('a', () => promise, 60_000, true)
    clock.advance(1)
    redialer.drop('a')
    redialer.want('a', () => Promise.resolve('again'), 60_000)
    resolve('done')
    await settle()
    expect(redialer.wanted).toEqual(['a'])
    redialer.stop()
  })
})
