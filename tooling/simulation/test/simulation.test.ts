import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { isLongLane, laneCount } from '@bzzz-tooling/jest-preset/lane'
import type { Batch } from '../src/batch.js'
import { MUTATIONS } from '../src/mutations.js'
import { runSeeds, type RunOptions } from '../src/run.js'
import { unreached } from '../src/states.js'
import { assemble } from '../src/workspace.js'

jest.setTimeout(laneCount(600_000, 7_200_000))

/** Of them `npm test` runs the first, and `pnpm verify:long` all. */
const SEEDS = laneCount(400, 10_000)

/** A rule that is taken away must be missed within so many seeds that can show it. */
const MUTANT_SEEDS = 400

const folder = mkdtempSync(join(tmpdir(), 'bzzz-simulation-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

let worker = ''
beforeAll(() => {
  worker = assemble(join(folder, 'as it is'))
})

const run = (options: Partial<RunOptions>): Promise<Batch> =>
  runSeeds({
    worker,
    firstSeed: 1,
    bound: { seeds: 1 },
    processes: availableParallelism(),
    ...options,
  })

const told = ({ failures }: Batch): string[] => failures.map(({ message }) => message)

test('nothing that was acknowledged is lost, doubled, reordered or stuck', async () => {
  const sum = await run({ bound: { seeds: SEEDS } })
  expect(told(sum)).toEqual([])
  expect(sum.seeds).toBe(SEEDS)
  expect(sum.acknowledged).toBeGreaterThan(20 * SEEDS)
  expect(unreached(sum.states)).toEqual([])
})

describe('a rule that is taken away is missed', () => {
  const tried = MUTATIONS.filter(({ isOfHybrid }) => isOfHybrid || isLongLane)
  test.each(tried.map((mutation) => [mutation.name, mutation] as const))(
    '%s',
    async (name, mutation) => {
      const { fault } = mutation
      const mutant = assemble(join(folder, name), mutation)
      const sum = await run({ worker: mutant, bound: { seeds: MUTANT_SEEDS }, fault })
      expect(sum.failures.length).toBeGreaterThan(0)
      for (const { seed, message } of sum.failures) {
        expect(message).toContain(`seed ${seed} `)
        const whole = await run({ firstSeed: seed, processes: 1 })
        expect([whole.seeds, told(whole)]).toEqual([1, []])
      }
    },
  )

  test('only where its text stands once', () => {
    const edits = [{ file: 'store/dist/index.js', from: 'there is no such text', to: '' }]
    expect(() =>
      assemble(join(folder, 'no mutant'), { name: 'nothing', isOfHybrid: false, edits }),
    ).toThrow('nothing: store/dist/index.js holds "there is no such text" 0 times, not once')
  })
})
