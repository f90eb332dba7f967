import { describe, expect, test } from '@jest/globals'
import {
  newDetector,
  stepDetector,
  type DetectorConfig,
  type DetectorInput,
  type DetectorState,
  type DetectorStep,
} from './detector.js'
import { nextLag } from './own-lag.js'

const config: DetectorConfig = {
  heartbeatMs: 50,
  suspectAfterMs: 150,
  deadAfterMs: 10_000,
  tickMs: 25,
}

/** Drives a detector on a time line of its own; the peer answers each ping after `rttMs`. */
class Bench {
  nowMs = 0
  state: DetectorState = newDetector(0)
  pings = 0
  hangUps = 0
  answersAfterMs: number | undefined = 5
  #lagMs = 0

  input(input: DetectorInput): DetectorStep {
    const step = stepDetector(this.state, input, this.nowMs, config)
    this.state = step.state
    return step
  }

  /** One tick, `elapsedMs` after the last one. */
  tick(elapsedMs = config.tickMs): void {
    this.nowMs += elapsedMs
    this.#lagMs = nextLag(this.#lagMs, elapsedMs, config.tickMs)
    const step = this.input({ type: 'tick', elapsedMs, lagMs: this.#lagMs })
    if (step.shouldHangUp) this.hangUps++
    if (!step.shouldPing) return
    this.pings++
    if (this.answersAfterMs === undefined) return
    this.nowMs += this.answersAfterMs
    this.input({ type: 'pong' })
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs
    while (this.nowMs < untilMs) this.tick()
  }

  /** Milliseconds until the state is suspect, or undefined after `limitMs`. */
  untilSuspect(limitMs: number): number | undefined {
    const startMs = this.nowMs
    while (this.nowMs - startMs < limitMs) {
      this.tick()
      if (this.state.phase === 'suspect') return this.nowMs - startMs
    }
    return undefined
  }
}

const joinedBench = (): Bench => {
  const bench = new Bench()
  bench.run(1_000)
  return bench
}

describe('the failure detector', () => {
  test('a peer joins with its first answer, and stays connected', () => {
    const bench = new Bench()
    bench.answersAfterMs = undefined
    bench.tick(0)
    expect([bench.state.phase, bench.pings]).toEqual(['joining', 1])
    bench.input({ type: 'answer' })
    expect(bench.state.phase).toBe('joining')
    bench.input({ type: 'pong' })
    expect(bench.state.phase).toBe('connected')
    bench.answersAfterMs = 20
    bench.run(10_000)
    expect([bench.state.phase, bench.hangUps]).toEqual(['connected', 0])
  })

  test('a silent peer is suspect within 200 ms, whenever it falls silent', () => {
    for (let offset = 0; offset < 8; offset++) {
      const bench = joinedBench()
      for (let i = 0; i < offset; i++) bench.tick(7)
      bench.answersAfterMs = undefined
      const tookMs = bench.untilSuspect(1_000)
      expect(tookMs).toBeLessThanOrEqual(200)
      expect(tookMs).toBeGreaterThan(100)
    }
  })

  test('one ping at a time: an outage piles nothing up', () => {
    const bench = joinedBench()
    bench.answersAfterMs = undefined
    const before = bench.pings
    bench.run(5_000)
    expect(bench.pings - before).toBe(1)
  })

  test('an answer takes the suspicion back at once', () => {
    for (const type of ['pong', 'answer'] as const) {
      const bench = joinedBench()
      bench.answersAfterMs = undefined
      bench.untilSuspect(1_000)
      bench.input({ type })
      expect([bench.state.phase, bench.state.silenceMs]).toEqual(['connected', 0])
    }
  })

  test('other answers keep a peer alive whose pong is stuck behind them', () => {
    const bench = joinedBench()
    bench.answersAfterMs = undefined
    for (let i = 0; i < 100; i++) {
      bench.tick()
      bench.input({ type: 'answer' })
    }
    expect(bench.state.phase).toBe('connected')
  })

  test('a node that stalled itself accuses nobody', () => {
    for (const stallMs of [200, 500, 5_000, 60_000]) {
      const bench = joinedBench()
      bench.answersAfterMs = undefined
      bench.tick()
      // The pong lies in the socket, but the timer runs first.
      bench.tick(stallMs)
      expect(bench.state.phase).toBe('connected')
      bench.input({ type: 'pong' })
      expect([bench.state.phase, bench.hangUps]).toEqual(['connected', 0])
    }
  })

  test('while this node lags it waits longer, and it recovers its speed', () => {
    const bench = joinedBench()
    for (let i = 0; i < 10; i++) bench.tick(225)
    bench.answersAfterMs = undefined
    const lagging = bench.untilSuspect(2_000) ?? 0
    expect(lagging).toBeGreaterThan(200)
    const calm = joinedBench()
    for (let i = 0; i < 10; i++) calm.tick(225)
    calm.run(2_000)
    calm.answersAfterMs = undefined
    expect(calm.untilSuspect(2_000)).toBeLessThanOrEqual(200)
  })

  test('a dead link is given up, also one that never joined', () => {
    for (const bench of [joinedBench(), new Bench()]) {
      bench.answersAfterMs = undefined
      bench.run(9_900)
      expect(bench.hangUps).toBe(0)
      bench.run(400)
      expect(bench.hangUps).toBeGreaterThan(0)
    }
  })

  test('a failed ping is repeated after one interval', () => {
    const bench = joinedBench()
    bench.answersAfterMs = undefined
    bench.run(75)
    const before = bench.pings
    bench.input({ type: 'ping-failed' })
    bench.run(25)
    expect(bench.pings).toBe(before)
    bench.run(50)
    expect(bench.pings).toBe(before + 1)
  })

  test('the round trip is smoothed', () => {
    const bench = joinedBench()
    expect(bench.state.rttMs).toBeCloseTo(5)
    bench.answersAfterMs = 85
    while (bench.pings === 0 || bench.state.rttMs === 5) bench.tick()
    expect(bench.state.rttMs).toBeCloseTo(15)
  })
})
