import { codeOf, pick, seededRandom, type Random } from '@bzzz/base'
import { summaryOf, type Summary } from './figures.js'
import type { ModeChange } from './operator.js'
import type { Site } from './site.js'

export interface FlipsOptions {
  readonly site: Site
  /** Each list is flipped node by node, all lists at the same time: no more of them than a quorum can lack. */
  readonly groups: readonly (readonly number[])[]
  /** Flips in all. */
  readonly count: number
  readonly seed: number
}

export interface FlipsResult {
  readonly completed: number
  /** Refused with the word that the former mode stays. */
  readonly refused: number
  readonly tookMs: Summary
}

const CHANGES: readonly ModeChange[] = [
  { mode: 'mock' },
  { mode: 'mock', isNow: true },
  { mode: 'hybrid', percent: 10 },
  { mode: 'hybrid', percent: 100 },
  { mode: 'shadow' },
  { mode: 'real' },
]

const REFUSALS: ReadonlySet<string> = new Set(['HYBRID_NOT_READY', 'HYBRID_COPY_INCOMPLETE'])

/** Longest wait for one change within its request, milliseconds. */
const WAIT_MS = 30_000

/** Changes modes by hand, each as soon as the one before is complete. */
export const flip = async ({ site, groups, count, seed }: FlipsOptions): Promise<FlipsResult> => {
  const random = seededRandom(seed)
  const took: number[] = []
  let [begun, refused] = [0, 0]
  const work = async (group: readonly number[]): Promise<void> => {
    for (let at = 0; begun < count; at++) {
      begun += 1
      const startMs = performance.now()
      if (!(await flipOnce(site, group[at % group.length] ?? 1, random))) refused += 1
      took.push(performance.now() - startMs)
    }
  }
  await Promise.all(groups.map(work))
  return { completed: took.length - refused, refused, tookMs: summaryOf(took) }
}

/** False when the change was refused. */
const flipOnce = async (site: Site, node: number, random: Random): Promise<boolean> => {
  try {
    await site.operator(node).setMode({ ...pick(random, CHANGES), waitMs: WAIT_MS })
    return true
  } catch (error) {
    if (REFUSALS.has(codeOf(error) ?? '')) return false
    throw error
  }
}
