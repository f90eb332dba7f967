import { describe, expect, test } from '@jest/globals'
import { World } from '@bzzz/sim'
import { planOf, runFaults } from './faults.js'
import type { Rule } from './rules.js'

/** Seeds tried after the one that is known to fail, in case a change of the code moved it. */
const TRIES = 60

const failsWithout = async (rule: Rule, seed: number): Promise<boolean> => {
  const world = new World({ seed })
  try {
    await runFaults(world, { ...planOf(world.stream('plan')), without: rule })
    return false
  } catch {
    return true
  }
}

describe('every rule is needed: without it a simulation fails', () => {
  test.each<[Rule, number]>([
    ['older stamps are refused', 14],
    ['a joining replica does not count', 3],
    ['a stamp that was held is not given up', 1],
  ])(
    '%s',
    async (rule, first) => {
      let seed = first
      while (seed < first + TRIES && !(await failsWithout(rule, seed))) seed++
      expect(seed).toBeLessThan(first + TRIES)
    },
    300_000,
  )
})
