import { describe, expect, test } from '@jest/globals'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { simulate } from '@bzzz/sim'
import { planOf, runFaults } from './faults.js'

describe('under loss, partitions, crashes, lost disks, joins and skewed clocks', () => {
  test('reads, writes, compare-and-set and retries are linearizable, and replicas become alike', async () => {
    const seeds = laneCount(120, 5000)
    let operations = 0
    await simulate({ seeds }, async (world) => {
      const history = await runFaults(world, planOf(world.stream('plan')))
      operations += history.count
    })
    expect(operations).toBeGreaterThan(seeds * 20)
  }, 3_600_000)
})
