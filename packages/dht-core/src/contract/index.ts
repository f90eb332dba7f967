import type { TestApi } from '@bzzz/base/check'
import { changeTests } from './changes.js'
import { faultTests } from './faults.js'
import { levelTests } from './levels.js'
import { receiptTests } from './receipts.js'
import { recordTests } from './records.js'
import { createSuite, type DhtContractOptions } from './suite.js'
import { traitTests } from './traits.js'
import { valueTests } from './values.js'

export type { DhtContractOptions, DhtNetwork, DhtSupports } from './suite.js'

/**
 * Declares the tests that every implementation of {@link DHT} must pass. The runner is an
 * argument: `dhtContract({ describe, it }, { … })` with those of Jest, Vitest or node:test.
 */
export const dhtContract = (api: TestApi, options: DhtContractOptions): void => {
  const { name, nodeCounts = [1, 3] } = options
  for (const count of nodeCounts)
    api.describe(`DHT contract: ${name}, ${count} ${count === 1 ? 'node' : 'nodes'}`, () => {
      const suite = createSuite(api, options, count)
      traitTests(suite)
      levelTests(suite)
      receiptTests(suite)
      recordTests(suite)
      valueTests(suite)
      changeTests(suite)
      if (count === 3) faultTests(suite)
      api.it('the network stops', () => suite.stop())
    })
}
