import { isAbort } from '@bzzz/base'
import type { Switchable } from './hybrid.js'
import { routeOf } from './router.js'
import { methodOf, type StreamRow } from './rows.js'
import type { HybridState } from './state.js'
import type { Stats } from './stats.js'

/** The sides to ask, in order. */
const sidesOf = <I extends Switchable>(state: HybridState<I>): readonly I[] => {
  const { route } = routeOf(state, {
    level: undefined,
    isInCohort: () => true,
    canReach: () => true,
  })
  const { side, mock } = state
  if (route === 'store' || side === undefined) return route === 'real' ? [] : [mock]
  return route === 'real' ? [side.port] : [side.port, mock]
}

/** Items of real, and from where it fails, those of the store that were not told yet. */
export async function* streamOf<I extends Switchable>(
  state: HybridState<I>,
  stats: Stats,
  op: string,
  row: StreamRow,
  args: readonly unknown[],
): AsyncGenerator {
  const told = new Set<string>()
  let outage: unknown
  for (const side of sidesOf(state)) {
    const counts = side === state.mock ? stats.mock : stats.real
    counts.calls++
    if (outage !== undefined) stats.fallbackAnswers++
    try {
      for await (const item of methodOf(side, op)(...args) as AsyncIterable<unknown>) {
        const id = row.id(item)
        if (told.has(id)) continue
        told.add(id)
        yield item
      }
      return
    } catch (error) {
      if (isAbort(error) || state.port.judge(error) === 'answered') throw error
      counts.errors++
      outage = error
    }
  }
  throw outage ?? state.port.unavailable('there is no real side')
}
