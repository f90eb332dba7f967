import { delay } from '@bzzz/base'
import {
  describeBreach,
  doubled,
  lost,
  notLinearizable,
  phantoms,
  reordered,
  toldAsAbsent,
} from './checks.js'
import { Client, QUORUM_KEYS, type ClientOptions } from './clients.js'
import type { World } from '@bzzz/sim'
import type { History } from './history.js'
import type { Mesh } from './mesh.js'
import { Operator } from './operator.js'
import type { Plan } from './plan.js'
import type { States } from './states.js'

/** After everything is mended, all must be well within this simulated time. */
export const LIVENESS_MS = 60_000

/** Breaches of one run that are shown. */
const SHOWN_MAX = 3

export interface Run {
  readonly world: World
  readonly plan: Plan
  readonly mesh: Mesh
  readonly history: History
  readonly states: States
}

export const clientsOf = (
  { world, plan, mesh, history, states }: Run,
  options: Pick<ClientOptions, 'timeoutsMs'> = {},
): Client[] =>
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
          ...options,
        }),
    ),
  )

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

/** Throws when a promise was broken. */
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

/** Mends everything, waits until all is well, reads every key on every node, and checks what was promised. */
export const end = async (run: Run): Promise<void> => {
  await heal(run)
  await readEverywhere(run)
  await check(run)
}

/** What went wrong, with all that is needed to see it again. */
export const failureOf = ({ world, plan }: Run, cause: unknown): Error => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const where = `seed ${world.seed} (trace ${world.trace.hash}, ${world.nowMs.toFixed(1)} ms)`
  return new Error(`${where}: ${message}\nplan ${JSON.stringify(plan)}`, { cause })
}
