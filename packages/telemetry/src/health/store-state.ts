import { STORE_METRICS } from '../metric-names.js'
import type { MetricRegistry } from '../metrics/registry.js'

/** States of a store, as `@bzzz/store` names them. */
const STORE_STATES = ['ready', 'read-only', 'failed'] as const

/**
 * Exports the state of the node's store, which alerts look at: 1 under the label of the state that
 * it is in, 0 under the others.
 */
export const registerStoreState = (
  registry: MetricRegistry,
  state: () => (typeof STORE_STATES)[number],
): void => {
  registry.observe(
    [
      {
        name: STORE_METRICS.state,
        help: 'State of the store: read-only when the disk is full, failed after a failed sync.',
        type: 'gauge',
        labelNames: ['state'],
      },
    ],
    () => {
      const now = state()
      return STORE_STATES.map((each) => ({
        name: STORE_METRICS.state,
        labels: [each],
        value: each === now ? 1 : 0,
      }))
    },
  )
}
