import type { ClusterNode } from '../cluster-node.js'
import { quantile } from '../figures.js'
import type { Call } from '../history.js'
import { Load } from './load.js'

/** Calls per second that the promise speaks of, and less for a machine that cannot carry them. */
const RATES = [1_000, 500, 250, 125]

/** A mesh without a fault answers as fast as is promised for after one, p99, where the machine has time for it. */
const CALM_MS = 100
const SECONDS = 3
/** The first calls find code that is not compiled yet. */
const WARM_UP = { perSecond: 250, seconds: 4 }

export interface Rate {
  readonly perSecond: number
  /** False when the machine is too busy to say anything about times, even at the lowest rate. */
  readonly isCalm: boolean
}

const callsAt = async (
  nodes: readonly ClusterNode[],
  perSecond: number,
  seconds: number,
): Promise<readonly Call[]> => {
  await using load = new Load({
    nodes,
    perSecond,
    seed: perSecond,
    name: `at-${perSecond}`,
  }).start()
  await load.pass(seconds)
  return load.stop()
}

/** The highest of the rates at which a mesh without any fault answers at once. */
export const sustainableRate = async (nodes: readonly ClusterNode[]): Promise<Rate> => {
  await callsAt(nodes, WARM_UP.perSecond, WARM_UP.seconds)
  for (const perSecond of RATES) {
    const calls = await callsAt(nodes, perSecond, SECONDS)
    const tookMs = calls.map(({ dueMs, endedMs }) => endedMs - dueMs)
    if (quantile(tookMs, 0.99) <= CALM_MS) return { perSecond, isCalm: true }
  }
  return { perSecond: RATES.at(-1) ?? 1, isCalm: false }
}
