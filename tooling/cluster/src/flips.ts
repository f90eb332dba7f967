import { codeOf, pick, seededRandom } from '@bzzz/base'
import { summaryOf, type Summary } from './figures.js'
import type { ModeChange } from './operator.js'
import type { Site } from './site.js'

export interface FlipsOptions {
  readonly site: Site
  /** Each group is flipped node by node, all groups at the same time: a node of each may be away from the mesh. */
  readonly groups: readonly (readonly number[])[]
  /** Flips in all, at least. */
  readonly count: number
  readonly seed: number
}

export interface FlipsResult {
  readonly completed: number
  /** Refused with the word that the former mode stays. */
  readonly refused: number
  readonly tookMs: Summary
}

/** Away from the mesh. */
const AWAY: readonly ModeChange[] = [{ mode: 'mock' }, { mode: 'mock', isNow: true }]

/** Within it. */
const WITHIN: readonly ModeChange[] = [
  { mode: 'hybrid', percent: 10 },
  { mode: 'hybrid', percent: 100 },
  { mode: 'shadow' },
  { mode: 'real' },
]

const REFUSALS: ReadonlySet<string> = new Set(['HYBRID_NOT_READY', 'HYBRID_COPY_INCOMPLETE'])

const FLIPS_PER_ROUND = 3

/** Longest wait for one change within its request, milliseconds. */
const WAIT_MS = 20_000

/** Changes modes by hand, each as soon as the one before is complete. */
export const flip = async ({ site, groups, count, seed }: FlipsOptions): Promise<FlipsResult> => {
  const random = seededRandom(seed)
  const took: number[] = []
  let refused = 0
  const one = async (node: number, changes: readonly ModeChange[]): Promise<void> => {
    const startMs = performance.now()
    if (!(await flipOnce(site, node, pick(random, changes)))) refused += 1
    took.push(performance.now() - startMs)
  }
  const rounds = Math.ceil(count / groups.length / FLIPS_PER_ROUND)
  const work = async (group: readonly number[]): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const node = group[round % group.length] ?? 1
      await one(node, AWAY)
      // It has to be back before the next one leaves.
      await one(node, WITHIN)
      await one(node, WITHIN)
    }
  }
  await Promise.all(groups.map(work))
  return { completed: took.length - refused, refused, tookMs: summaryOf(took) }
}

/** False when the change was refused. */
const flipOnce = async (site: Site, node: number, change: ModeChange): Promise<boolean> => {
  try {
    await site.operator(node).setMode({ ...change, waitMs: WAIT_MS })
    return true
  } catch (error) {
    if (REFUSALS.has(codeOf(error) ?? '')) return false
    throw error
  }
}
