import { pick, type Random } from '@bzzz/base'
import type { LinkModel, Tearing } from '@bzzz/sim'

export type Fault =
  | 'power'
  | 'kill'
  | 'hang'
  | 'isolate'
  | 'one-way'
  | 'split'
  | 'slow'
  | 'loss'
  | 'full'
  | 'sync'
  | 'clock'
  | 'zombie'

const FAULTS: readonly Fault[] = [
  'power',
  'kill',
  'hang',
  'isolate',
  'one-way',
  'split',
  'slow',
  'loss',
  'full',
  'sync',
  'clock',
]

/** What one seed does. */
export interface Plan {
  readonly nodes: number
  readonly clientsPerNode: number
  readonly durationMs: number
  /** Longest pause of a client, milliseconds. */
  readonly pauseMs: number
  readonly faults: readonly Fault[]
  readonly faultMaxMs: number
  /** Longest time between two changes of mode, milliseconds; Infinity: none is changed. */
  readonly flipEveryMs: number
  /** Nodes begin in different modes. */
  readonly isMixed: boolean
  /** The real side is the one over peers; else the embedded one in a network. */
  readonly isOverPeers: boolean
  /** Wall clocks are off by up to this, either way. */
  readonly skewMs: number
  readonly link: Partial<LinkModel>
  readonly tearing: Tearing
  readonly segmentBytes: number
}

const linkOf = (random: Random): Partial<LinkModel> => ({
  latencyMinMs: 0.2,
  latencyMaxMs: pick(random, [0.6, 0.6, 3, 15]),
  lossProbability: pick(random, [0, 0, 0, 0.02]),
  duplicateProbability: pick(random, [0, 0, 0.05]),
})

const faultsOf = (random: Random): readonly Fault[] =>
  random.next() < 0.05 ? [] : pick(random, [FAULTS, FAULTS, FAULTS, ['power', 'kill']])

/** A machine restarts often enough for its disk to have old copies, and is well in between. */
const zombiePlanOf = (plan: Plan): Plan => ({
  ...plan,
  nodes: 3,
  durationMs: 2500,
  pauseMs: 60,
  faults: ['kill', 'zombie', 'zombie'],
  faultMaxMs: 30,
  flipEveryMs: Infinity,
  isMixed: false,
  link: { ...plan.link, lossProbability: 0 },
})

export const planOf = (random: Random): Plan => {
  const plan: Plan = {
    nodes: pick(random, [3, 3, 3, 3, 4, 5]),
    clientsPerNode: pick(random, [1, 1, 2]),
    durationMs: 900,
    pauseMs: pick(random, [20, 60, 60]),
    faults: faultsOf(random),
    faultMaxMs: pick(random, [100, 400, 700]),
    flipEveryMs: pick(random, [Infinity, 60, 300, 300]),
    isMixed: random.next() < 0.3,
    isOverPeers: false,
    skewMs: pick(random, [0, 20, 100]),
    link: linkOf(random),
    tearing: pick(random, ['lost', 'prefix', 'sectors']),
    segmentBytes: pick(random, [4096, 64 * 1024]),
  }
  const dice = random.next()
  if (dice < 0.06) return zombiePlanOf(plan)
  return dice < 0.08 ? { ...plan, isOverPeers: true, nodes: 3 } : plan
}
