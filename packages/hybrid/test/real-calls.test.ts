import { describe, expect, test } from '@jest/globals'
import { baseError, ManualClock } from '@bzzz/base'
import { dhtError, dhtPort } from '@bzzz/dht-core'
import * as fc from 'fast-check'
import { AdaptiveDeadline } from '../src/pure/deadline.js'
import { RealCalls, type Asked, type AskedEnds } from '../src/real-calls.js'
import { SideStats } from '../src/stats.js'

const ENDS: AskedEnds<Asked> = {
  answered: (_asked, answer) => answer,
  unavailable: () => 'fell back',
}

/** Late by two ticks at most, as the calls are looked at every 5 ms. */
const TICKS_MS = 10

const rig = () => {
  const clock = new ManualClock()
  const ended: { key: string; isAvailable: boolean }[] = []
  const stats = new SideStats()
  const calls = new RealCalls({
    port: dhtPort,
    clock,
    deadline: new AdaptiveDeadline(20, 60),
    stats,
    slowMs: 50,
    onEnd: (key, isAvailable) => {
      ended.push({ key, isAvailable })
    },
  })
  /** A call that the test answers. */
  const begin = (key: string, timeoutMs = 50) => {
    const real = Promise.withResolvers<unknown>()
    const call = { outcome: 'open' as unknown, real }
    const asked = { key, timeoutMs, isOrdinary: true }
    calls.run(asked, ENDS, real.promise).then(
      (outcome) => {
        call.outcome = outcome
      },
      (error: unknown) => {
        call.outcome = error
      },
    )
    return call
  }
  return { clock, calls, stats, ended, begin }
}

/** Lets what is settled be told. */
const told = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('calls of real', () => {
  test('an answer is passed on, and nothing ticks once no call is under way', async () => {
    const { clock, begin, ended } = rig()
    const call = begin('k')
    expect(clock.pendingTimers).toBe(1)
    call.real.resolve('value')
    await told()
    expect([call.outcome, ended]).toEqual(['value', [{ key: 'k', isAvailable: true }]])
    clock.advance(5)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a call falls back at its deadline, two ticks late at most, and its late answer is ignored', async () => {
    const { clock, begin, ended } = rig()
    const call = begin('k', 50)
    clock.advance(49)
    await told()
    expect(call.outcome).toBe('open')
    clock.advance(1 + TICKS_MS)
    await told()
    expect(call.outcome).toBe('fell back')
    call.real.resolve('late')
    await told()
    expect([call.outcome, ended.length]).toEqual(['fell back', 1])
  })

  test(
    'whatever the order in which calls end, the others keep their deadlines',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ timeoutMs: fc.integer({ min: 20, max: 100 }), rank: fc.nat() }), {
            minLength: 1,
            maxLength: 24,
          }),
          fc.nat(),
          async (plan, share) => {
            const { clock, begin, ended } = rig()
            const open = plan
              .map((one, i) => ({ ...one, key: `k${i}`, call: begin(`k${i}`, one.timeoutMs) }))
              .toSorted((a, b) => a.rank - b.rank)
            const answered = open.slice(0, share % (plan.length + 1))
            for (const { call } of answered) call.real.resolve('value')
            await told()
            const silent = open.filter((one) => !answered.includes(one))
            for (let ms = 1; ms <= 100 + TICKS_MS; ms++) {
              clock.advance(1)
              const over = new Set(ended.map(({ key }) => key))
              const late = silent.filter(({ timeoutMs }) => timeoutMs + TICKS_MS <= ms)
              const early = silent.filter(({ timeoutMs }) => timeoutMs > ms)
              expect(late.filter(({ key }) => !over.has(key))).toEqual([])
              expect(early.filter(({ key }) => over.has(key))).toEqual([])
            }
            await told()
            expect(answered.every(({ call }) => call.outcome === 'value')).toBe(true)
            expect(silent.every(({ call }) => call.outcome === 'fell back')).toBe(true)
            expect(ended).toHaveLength(plan.length)
          },
        ),
        { numRuns: 60 },
      ),
    30_000,
  )

  test('an answer of real that is an error reaches the caller; an outage falls back', async () => {
    const { begin, stats, ended } = rig()
    const [conflict, away, stopped] = [begin('a'), begin('b'), begin('c')]
    conflict.real.reject(dhtError('DHT_CONFLICT', 'another version'))
    away.real.reject(dhtError('DHT_UNAVAILABLE', 'nobody answers'))
    stopped.real.reject(baseError('NOT_STARTED', 'it was stopped'))
    await told()
    expect(conflict.outcome).toMatchObject({ code: 'DHT_CONFLICT' })
    expect(away.outcome).toBe('fell back')
    // A side that has stopped by itself is as good as away.
    expect(stopped.outcome).toBe('fell back')
    expect([stats.calls, stats.errors]).toEqual([3, 2])
    expect(ended.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  test('a stop leaves nobody waiting, and nothing ticking', async () => {
    const { clock, calls, begin } = rig()
    const open = [begin('a'), begin('b'), begin('c')]
    calls.stop()
    await told()
    expect(open.map(({ outcome }) => outcome)).toEqual(['fell back', 'fell back', 'fell back'])
    expect(clock.pendingTimers).toBe(0)
  })
})
