import { appendFileSync, mkdirSync } from 'node:fs'

/** True in `pnpm verify:long`, which runs the whole of what `npm test` runs a share of. */
export const isLongLane = process.env.BZZZ_LANE === 'long'

/** @type {(share: number, whole: number) => number} */
export const laneCount = (share, whole) => (isLongLane ? whole : share)

/**
 * Declares a check that needs root or network namespaces. Where `reason` is given (it cannot run
 * here) it is listed as "not run here", unless the lane demands every check (`.ci/run` does).
 * @type {(name: string, reason: string | undefined, declare: () => void) => void}
 */
export const privileged = (name, reason, declare) => {
  if (reason === undefined || process.env.BZZZ_REQUIRE_PRIVILEGED === '1') {
    declare()
    return
  }
  mkdirSync('.results', { recursive: true })
  appendFileSync('.results/not-run.jsonl', JSON.stringify({ name, reason }) + '\n')
}
