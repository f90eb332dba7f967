import { delay, pick } from '@bzzz/base'
import { World } from '@bzzz/sim'
import { clientsOf, end, failureOf, LIVENESS_MS, type Run } from './ending.js'
import type { Call } from './history.js'
import { planOf, type Plan } from './plan.js'
import { newRun } from './scenario.js'
import type { Site } from './site.js'

/** What a fault from a calm start cost, in simulated milliseconds. */
export interface Figures {
  /** Of each call without a level that was made at the node from the fault until real was back. */
  readonly answeredMs: readonly number[]
  /** Of those that were made while the store served. */
  readonly openMs: readonly number[]
  /** From health to real serving again. */
  readonly recoveryMs: number
}

const OUTAGES = ['cut off', 'others hang', 'others cut off one way', 'others killed'] as const

const CALM: Partial<Plan> = {
  nodes: 3,
  clientsPerNode: 3,
  pauseMs: 60,
  faults: [],
  isMixed: false,
  isOverPeers: false,
  skewMs: 20,
  link: { latencyMinMs: 0.2, latencyMaxMs: 0.6 },
}

const strike = (run: Run, site: Site, outage: (typeof OUTAGES)[number]): void => {
  const { network } = run.mesh.ground
  const others = run.mesh.sites.filter((other) => other !== site)
  if (outage === 'cut off') network.isolate(site.peerId)
  for (const other of others) {
    if (outage === 'others hang') other.hang()
    if (outage === 'others cut off one way') network.cut(other.peerId, site.peerId)
    if (outage === 'others killed') other.crash('kill')
  }
}

/** Everything is there again; processes that were killed have been started. */
const mend = async (run: Run): Promise<void> => {
  run.mesh.mendLinks()
  for (const site of run.mesh.sites) site.resume()
  const down = run.mesh.sites.filter(({ isUp }) => !isUp)
  await Promise.all(down.map((site) => site.boot()))
}

const took = ({ startMs, endMs }: Call): number => endMs - startMs

const measure = async (run: Run): Promise<Figures> => {
  const { world, mesh, history } = run
  const random = world.stream('outage')
  const site = pick(random, mesh.sites)
  const over = new AbortController()
  const isOver = (): boolean => over.signal.aborted
  const work = clientsOf(run, { timeoutsMs: [0] }).map((client) => client.run(isOver))
  await delay(world.clock, 300)
  strike(run, site, pick(random, OUTAGES))
  const struckMs = world.nowMs
  const isStore = (): boolean => site.process?.dht.controls.serving === 'store'
  while (!isStore()) await delay(world.clock, 1)
  const openMs = world.nowMs
  await delay(world.clock, 300 + random.next() * 2000)
  await mend(run)
  const healthyMs = world.nowMs
  while (isStore()) await delay(world.clock, 1)
  const recoveryMs = world.nowMs - healthyMs
  over.abort()
  await Promise.all(work)
  const answered = history.calls.filter(
    ({ node, level, startMs, endMs }) =>
      node === site.index &&
      level === undefined &&
      endMs < Infinity &&
      startMs >= struckMs &&
      startMs < healthyMs,
  )
  return {
    answeredMs: answered.map(took),
    openMs: answered.filter(({ startMs }) => startMs >= openMs).map(took),
    recoveryMs,
  }
}

/** One outage of a calm mesh: how long calls take meanwhile, and how soon real serves again. */
export const runFigures = async (seed: number): Promise<Figures> => {
  const world = new World({ seed })
  const run = newRun(world, { ...planOf(world.stream('plan')), ...CALM })
  try {
    await world.complete(run.mesh.boot(), LIVENESS_MS)
    await world.runUntil(() => run.mesh.isServing, LIVENESS_MS)
    const figures = await world.complete(measure(run), LIVENESS_MS)
    await end(run)
    return figures
  } catch (cause) {
    throw failureOf(run, cause)
  }
}
