import { countJest } from './jest-results.js'

/**
 * @typedef {import('./turbo.js').Task} Task
 * @typedef {import('./jest-results.js').Counts} Counts
 * @typedef {{ name: string, reason: string }} NotRun
 * @typedef {{ rows: Counts[], notRun: NotRun[] }} Tally
 *
 * @typedef {object} Files reads what tasks left behind; undefined where there is no such file
 * @property {(directory: string, name: string) => any} json
 * @property {(directory: string, name: string) => any[]} lines
 */

/** Root tasks that report each of their checks. @type {Record<string, string>} */
const reports = { 'check:repo': 'repository.json', 'check:packed': 'packed.json' }

/** @type {(checks: { problems: string[] }[], taskPassed: boolean) => { passed: number, failed: number }} */
const countChecks = (checks, taskPassed) => {
  const passed = checks.filter(({ problems }) => problems.length === 0).length
  const failed = checks.length - passed
  return { passed, failed: failed === 0 && (!taskPassed || passed === 0) ? 1 : failed }
}

/** @type {(task: Task, files: Files) => { counts: { passed: number, failed: number }, notRun: NotRun[] }} */
const countTask = (task, files) => {
  const taskPassed = task.status === 'passed'
  const one = { passed: Number(taskPassed), failed: Number(!taskPassed) }
  // What an earlier run left behind says nothing about a task that did not run.
  if (task.status === 'not-run') return { counts: one, notRun: [] }
  if (task.task === 'test') {
    const results = files.json(task.directory, 'jest.json')
    return {
      counts: results === undefined ? { passed: 0, failed: 1 } : countJest(results, taskPassed),
      notRun: files.lines(task.directory, 'not-run.jsonl'),
    }
  }
  const report = reports[task.task]
  if (report === undefined) return { counts: one, notRun: [] }
  const results = files.json('.', report)
  return results === undefined
    ? { counts: { passed: 0, failed: 1 }, notRun: [] }
    : { counts: countChecks(results.checks, taskPassed), notRun: results.notRun }
}

/** Sums tests and checks: a task without a report of its own counts as one. @type {(tasks: Task[], files: Files) => Tally} */
export const tally = (tasks, files) => {
  const counted = tasks.map((task) => ({ task, ...countTask(task, files) }))
  const seen = new Set()
  return {
    rows: counted.map(({ task, counts }) => ({
      name: task.id.replace(/^\/\/#/, ''),
      durationMs: task.durationMs,
      ...counts,
    })),
    notRun: counted
      .flatMap(({ notRun }) => notRun)
      .filter(({ name }) => !seen.has(name) && seen.add(name)),
  }
}

/** @type {(tasks: Task[], total: Tally) => { passed: number, failed: number }} the last line's figures */
export const totals = (tasks, { rows }) => {
  const sum = (/** @type {'passed' | 'failed'} */ field) =>
    rows.reduce((total, row) => total + row[field], 0)
  const passed = sum('passed')
  const failed = sum('failed')
  // A run without a single test proves nothing, whatever else passed.
  const tested = tasks.some(({ task }) => task === 'test')
  return { passed, failed: failed + Number(!tested) }
}
