import { delay } from '@bzzz/base'
import { World } from '@bzzz/sim'
import {
  describeBreach,
  doubled,
  lost,
  notLinearizable,
  phantoms,
  reordered,
  toldAsAbsent,
} from './checks.js'
import { Client, QUORUM_KEYS } from './clients.js'
import { Trouble } from './faults.js'
import { History } from './history.js'
import { Mesh } from './mesh.js'
import { Operator, settingOf } from './operator.js'
import { planOf, type Plan } from './plan.js'
import { newStates, type States } from './states.js'

/** What a seed did. */
export interface SeedReport {
  readonly seed: number
  readonly calls: number
  readonly acknowledged: number
  readonly events: number
  readonly states: Readonly<Record<string, number>>
}

/** After everything is mended, all must be well within this simulated time. */
const LIVENESS_MS = 60_000

/** Breaches of one seed that are shown. */
const SHOWN_MAX = 3

interface Run {
  readonly world: World
  readonly plan: Plan
  readonly mesh: Mesh
  readonly history: History
  readonly states: States
}

const clientsOf = ({ world, plan, mesh, history, states }: Run): Client[] =>
  mesh.sites.flatMap((site) =>
    Array.from(
      { length: plan.clientsPerNode },
      (_, i) =>
        new Client({
          world,
          history,
          site,
          states,
          random: world.stream(`client ${site.index} ${i}`),
          pauseMs: plan.pauseMs,
        }),
    ),
  )

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

/** Looked at now and then: a comparison of all records costs more than an event. */
const converged = async ({ world, mesh }: Run): Promise<void> => {
  while (!mesh.isConverged) await delay(world.clock, 25)
}

/** Mends everything, and waits until all is well: whatever is stuck is found here. */
const heal = async (run: Run): Promise<void> => {
  const { world, mesh, states } = run
  mesh.mendLinks()
  for (const site of mesh.sites) {
    site.resume()
    site.disk.capacityBytes = Infinity
    site.disk.failSyncs(() => false)
    if (site.process?.store.state === 'failed') site.crash('kill')
    if (!site.isUp) void site.boot()
  }
  const operator = new Operator({ mesh, states, random: world.random })
  const settled = Promise.all(
    mesh.sites.map(async (site) => {
      while (site.process === undefined) await delay(world.clock, 20)
      states('dirty records were sent after healing', site.process.store.dirtyBytes > 0)
      const full = { mode: 'hybrid', percent: 100 } as const
      while (!(await operator.set(site, full, false, LIVENESS_MS))) await delay(world.clock, 50)
    }),
  )
  try {
    await world.complete(settled, LIVENESS_MS)
    await world.runUntil(() => mesh.isServing, LIVENESS_MS)
    await world.complete(converged(run), LIVENESS_MS)
  } catch (cause) {
    throw new Error(
      `stuck after healing; ${mesh.difference ?? 'nothing'} differs\n${mesh.describe()}`,
      { cause },
    )
  }
}

const readEverywhere = async (run: Run): Promise<void> => {
  const { world, history } = run
  const keys = history.keys
  await world.complete(
    Promise.all(clientsOf(run).map((client) => client.readAll(keys))),
    LIVENESS_MS,
  )
}

const check = async ({ world, mesh, history }: Run): Promise<void> => {
  const finals = await world.complete(mesh.finals())
  const breaches = [
    ...lost(history, finals),
    ...phantoms(history, finals),
    ...reordered(history),
    ...doubled(history),
    ...toldAsAbsent(history),
    ...notLinearizable(history, QUORUM_KEYS),
  ]
  if (breaches.length > 0)
    throw new Error(
      [`${breaches.length} breaches`, ...breaches.slice(0, SHOWN_MAX).map(describeBreach)].join(
        '\n',
      ),
    )
}

/** True where the seed's plan has this fault. */
export const hasFault = (seed: number, fault: string): boolean =>
  planOf(new World({ seed }).stream('plan')).faults.some((one) => one === fault)

/** Runs one seed: harm, then healing, then the checks. Throws what went wrong. */
export const runSeed = async (seed: number): Promise<SeedReport> => {
  const world = new World({ seed })
  const plan = planOf(world.stream('plan'))
  const history = new History()
  const modes = world.stream('modes')
  const settings = () =>
    plan.isMixed ? settingOf(modes) : { mode: 'hybrid' as const, percent: 100 }
  const states = newStates()
  const mesh = new Mesh({ world, history, plan, states, settings })
  const run = { world, plan, mesh, history, states }
  try {
    await world.complete(mesh.boot(), LIVENESS_MS)
    await world.complete(unsafe(run), LIVENESS_MS)
    await heal(run)
    await readEverywhere(run)
    await check(run)
  } catch (cause) {
    throw new Error(failureOf(run, cause), { cause })
  }
  return {
    seed,
    calls: history.calls.length,
    acknowledged: history.acknowledged,
    events: world.trace.count,
    states: Object.fromEntries(run.states.counts),
  }
}

const failureOf = ({ world, plan }: Run, cause: unknown): string => {
  const message = cause instanceof Error ? cause.message : String(cause)
  return `seed ${world.seed} (trace ${world.trace.hash}, ${world.nowMs.toFixed(1)} ms): ${message}\nplan ${JSON.stringify(plan)}`
}
