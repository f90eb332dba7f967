import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {() => string[] | Promise<string[]>} run gives the problems found; none means passed
 *
 * @typedef {{ name: string, problems: string[], durationMs: number }} CheckResult
 * @typedef {{ name: string, reason: string }} NotRun
 * @typedef {{ checks: CheckResult[], notRun: NotRun[] }} Report
 */

/**
 * Runs checks one after the other. A check that throws has failed: it must never pass for want of
 * something to look at.
 * @type {(checks: Check[], log: (line: string) => void, nowMs: () => number) => Promise<CheckResult[]>}
 */
export const runChecks = async (checks, log, nowMs) => {
  /** @type {CheckResult[]} */
  const results = []
  for (const { name, run } of checks) {
    const startedMs = nowMs()
    let problems
    try {
      problems = await run()
    } catch (error) {
      problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
    }
    const durationMs = Math.round(nowMs() - startedMs)
    results.push({ name, problems, durationMs })
    log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${durationMs} ms)`)
    for (const problem of problems) log(`     ${problem}`)
  }
  return results
}

/** Leaves the results where the test lane counts them. @type {(path: string, report: Report) => void} */
export const writeReport = (path, report) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
}
