import { createChildren } from './children.js'
import { resultFiles } from './files.js'
import { runStage, seconds } from './run-stages.js'
import { stages } from './stages.js'
import { tally, totals } from './tally.js'
import { tooOld } from './too-old.js'

/**
 * @typedef {object} LaneResult
 * @property {import('./tally.js').Tally} total
 * @property {{ passed: number, failed: number }} sums
 *
 * @typedef {object} LaneOptions
 * @property {string[]} [extra] further arguments for turbo, such as --force
 * @property {Record<string, string>} [env]
 */

/** Runs every stage, prints what came of it, the count last. @type {(root: string, options?: LaneOptions) => Promise<LaneResult>} */
export const runLane = async (root, options = {}) => {
  const children = createChildren()
  let interrupted = false
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      interrupted = true
      children.interrupt()
    })
  }
  /** @type {import('./turbo.js').Task[]} */
  const tasks = []
  const startedMs = performance.now()
  const complaint = tooOld(process.versions.node)
  if (complaint !== undefined) console.error(complaint)
  for (const stage of complaint === undefined ? stages : []) {
    if (interrupted) break
    tasks.push(...(await runStage({ root, children, log: console.log, ...options }, stage)))
  }
  const total = tally(tasks, resultFiles(root))
  const { passed, failed } = totals(tasks, total)
  const sums = { passed, failed: failed + Number(interrupted) }
  print(total, sums, interrupted, performance.now() - startedMs)
  return { total, sums }
}

/** @type {(total: import('./tally.js').Tally, sums: LaneResult['sums'], interrupted: boolean, durationMs: number) => void} */
const print = ({ rows, notRun }, { passed, failed }, interrupted, durationMs) => {
  console.log(`\n${seconds(durationMs)}`)
  if (interrupted) console.log('interrupted: what had not run yet is not counted')
  for (const row of rows.filter((one) => one.failed > 0)) {
    console.log(`failed: ${row.name} (${row.failed})`)
  }
  if (notRun.length > 0) console.log(`${notRun.length} checks not run here:`)
  for (const { name, reason } of notRun) console.log(`  ${name}: ${reason}`)
  console.log(`${passed} passed, ${failed} failed`)
}
