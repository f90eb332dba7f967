import { messageOf } from '@bzzz/base'
import { simError } from './errors.js'
import { World } from './world.js'

export interface SimulateOptions {
  /** How many seeds, or which. */
  readonly seeds: number | readonly number[]
  /** First of the seeds, when they are given as a number. Default 1. */
  readonly firstSeed?: number
}

/**
 * Runs a scenario in a fresh world per seed. What it throws is thrown on with the seed, the
 * trace's hash and its last lines, which is all that is needed to see it again:
 * `simulate({ seeds: [17] }, scenario)`.
 */
export const simulate = async (
  options: SimulateOptions,
  scenario: (world: World) => Promise<void>,
): Promise<void> => {
  const { seeds, firstSeed = 1 } = options
  const list =
    typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => firstSeed + i) : seeds
  for (const seed of list) {
    const world = new World({ seed })
    try {
      await scenario(world)
    } catch (cause) {
      throw simError(
        'SIM_FAILED',
        `seed ${seed} (trace ${world.trace.hash}, ${world.nowMs.toFixed(3)} ms): ` +
          `${messageOf(cause)}\n${world.trace.tail().join('\n')}`,
        { cause, details: { seed, trace: world.trace.hash } },
      )
    }
  }
}
