import type { ClusterNode } from '../cluster-node.js'
import { quantile } from '../figures.js'
import { Load } from './load.js'

/** Calls per second that the promise speaks of, and less for a machine that cannot carry them. */
const RATES = [1_000, 500, 250, 125]

/** Half of all calls of a calm mesh take less than this where the machine has time for them. */
const CALM_MS = 50
const SECONDS = 2

/** The highest of the rates at which a mesh without any fault answers at once. */
export const sustainableRate = async (nodes: readonly ClusterNode[]): Promise<number> => {
  for (const [seed, perSecond] of RATES.entries()) {
    await using load = new Load({ nodes, perSecond, seed, name: `rate-${perSecond}` }).start()
    await load.pass(SECONDS)
    const calls = await load.stop()
    const late = calls.slice(calls.length / 2).map(({ dueMs, endedMs }) => endedMs - dueMs)
    if (quantile(late, 0.5) <= CALM_MS) return perSecond
  }
  return RATES.at(-1) ?? 1
}
