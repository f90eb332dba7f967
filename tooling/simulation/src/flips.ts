import { delay } from '@bzzz/base'
import { World } from '@bzzz/sim'
import { clientsOf, end, failureOf, LIVENESS_MS } from './ending.js'
import { Operator, settingOf } from './operator.js'
import { planOf, type Plan } from './plan.js'
import { newRun, reportOf, type SeedReport } from './scenario.js'
import type { Site } from './site.js'

export interface FlipsReport extends SeedReport {
  /** Changes of mode that took effect. */
  readonly flips: number
  readonly simulatedMs: number
}

/** Without faults: what is lost here, a change of mode has lost. */
const CALM: Partial<Plan> = {
  nodes: 3,
  clientsPerNode: 4,
  faults: [],
  isMixed: false,
  isOverPeers: false,
  skewMs: 20,
  link: { latencyMinMs: 0.2, latencyMaxMs: 0.6 },
}

/** An hour; ten thousand changes take minutes. */
const FLIPS_MS = 3_600_000

/**
 * Changes the modes of three nodes by hand, on each as fast as they complete, so many times, while
 * clients read and write. Throws when anything was lost, doubled, reordered or is stuck.
 *
 * @param pauseMs longest pause of a client
 */
export const runFlips = async (
  seed: number,
  count: number,
  pauseMs: number,
): Promise<FlipsReport> => {
  const world = new World({ seed })
  const plan: Plan = { ...planOf(world.stream('plan')), ...CALM, pauseMs }
  const run = newRun(world, plan)
  const { mesh, states } = run
  const random = world.stream('operator')
  const operator = new Operator({ mesh, states, random })
  let flips = 0
  const flip = async (site: Site): Promise<void> => {
    while (flips < count) {
      if (await operator.set(site, settingOf(random), random.next() < 0.5)) flips++
      // What is refused at once would be tried again at the same instant.
      else await delay(world.clock, 5)
    }
  }
  try {
    await world.complete(mesh.boot(), LIVENESS_MS)
    const isOver = (): boolean => flips >= count
    const work = clientsOf(run).map((client) => client.run(isOver))
    await world.complete(Promise.all([...work, ...mesh.sites.map(flip)]), FLIPS_MS)
    await end(run)
  } catch (cause) {
    throw failureOf(run, cause)
  }
  return { ...reportOf(run), flips, simulatedMs: world.nowMs }
}
