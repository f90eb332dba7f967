import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { runFigures } from '../src/figures.js'
import { runFlips } from '../src/flips.js'
import { runSeed } from '../src/scenario.js'

jest.setTimeout(laneCount(300_000, 3_600_000))

const { stackTraceLimit } = Error
beforeAll(() => {
  // Thousands of errors are expected in each run, and nobody reads where they were made.
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

test('equal seeds give equal runs, others do not', async () => {
  const [first, again, other] = [await runSeed(5), await runSeed(5), await runSeed(6)]
  expect(again).toEqual(first)
  expect({ ...other, seed: 5 }).not.toEqual(first)
})

const FLIPS = 10_000

test('changes of mode by hand, as fast as they complete, lose nothing', async () => {
  const { flips, acknowledged, states } = await runFlips(1, FLIPS, 3)
  expect(flips).toBeGreaterThanOrEqual(FLIPS)
  expect(acknowledged).toBeGreaterThan(FLIPS / 20)
  expect(states['a node joined the mesh again']).toBeGreaterThan(FLIPS / 20)
  expect(states['a node entered mode real']).toBeGreaterThan(FLIPS / 20)
})

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? Infinity

test('calls are answered within 100 ms of a fault, and real serves within 3 s of health', async () => {
  const answeredMs: number[] = []
  const openMs: number[] = []
  const recoveryMs: number[] = []
  for (let seed = 1; seed <= laneCount(30, 1000); seed++) {
    const figures = await runFigures(seed)
    answeredMs.push(...figures.answeredMs)
    openMs.push(...figures.openMs)
    recoveryMs.push(figures.recoveryMs)
  }
  expect(answeredMs.length).toBeGreaterThan(10 * recoveryMs.length)
  expect(quantile(answeredMs, 0.99)).toBeLessThanOrEqual(100)
  expect(quantile(openMs, 0.99)).toBeLessThanOrEqual(5)
  expect(quantile(recoveryMs, 0.99)).toBeLessThanOrEqual(3000)
})
