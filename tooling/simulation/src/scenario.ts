import { World } from '@bzzz/sim'
import { Client } from './clients.js'
import { clientsOf, end, failureOf, LIVENESS_MS, type Run } from './ending.js'
import { Trouble } from './faults.js'
import { History } from './history.js'
import { Mesh } from './mesh.js'
import { Operator, settingOf } from './operator.js'
import { planOf, type Plan } from './plan.js'
import { newStates } from './states.js'

/** What a seed did. */
export interface SeedReport {
  readonly seed: number
  readonly calls: number
  readonly acknowledged: number
  readonly events: number
  readonly states: Readonly<Record<string, number>>
}

/** Clients, faults and changes of mode, all at once. */
const unsafe = async (run: Run): Promise<void> => {
  const { world, plan, mesh, history, states } = run
  const endMs = world.nowMs + plan.durationMs
  const isOver = (): boolean => world.nowMs >= endMs
  const random = world.stream('faults')
  const zombieClient = (site: Mesh['sites'][number]): Client =>
    new Client({ world, history, site, states, random, pauseMs: 20 })
  const trouble = new Trouble({ mesh, plan, states, random, zombieClient })
  const operator = new Operator({ mesh, states, random: world.stream('operator') })
  const work = clientsOf(run).map((client) => client.run(isOver))
  if (plan.flipEveryMs < Infinity)
    work.push(operator.run(plan.flipEveryMs, () => trouble.isHeld, isOver))
  await Promise.all([...work, trouble.run(isOver)])
}

/** True where the seed's plan has this fault. */
export const hasFault = (seed: number, fault: string): boolean =>
  planOf(new World({ seed }).stream('plan')).faults.some((one) => one === fault)

/** A world with machines that are not started yet. */
export const newRun = (world: World, plan: Plan): Run => {
  const history = new History()
  const modes = world.stream('modes')
  const settings = () =>
    plan.isMixed ? settingOf(modes) : { mode: 'hybrid' as const, percent: 100 }
  const states = newStates()
  const mesh = new Mesh({ world, history, plan, states, settings })
  return { world, plan, mesh, history, states }
}

export const reportOf = ({ world, history, states }: Run): SeedReport => ({
  seed: world.seed,
  calls: history.calls.length,
  acknowledged: history.acknowledged,
  events: world.trace.count,
  states: Object.fromEntries(states.counts),
})

/** Runs one seed: harm, then healing, then the checks. Throws what went wrong. */
export const runSeed = async (seed: number): Promise<SeedReport> => {
  const world = new World({ seed })
  const run = newRun(world, planOf(world.stream('plan')))
  try {
    await world.complete(run.mesh.boot(), LIVENESS_MS)
    await world.complete(unsafe(run), LIVENESS_MS)
    await end(run)
  } catch (cause) {
    throw failureOf(run, cause)
  }
  return reportOf(run)
}
