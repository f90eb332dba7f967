import { join } from 'node:path'
import { belongsTo, turboArguments } from './stages.js'
import { createCollector, plannedTasks, readSummary, taskResults } from './turbo.js'

/**
 * @typedef {import('./turbo.js').Task} Task
 * @typedef {import('./stages.js').Stage} Stage
 *
 * @typedef {object} Setting
 * @property {string} root
 * @property {import('./children.js').Children} children
 * @property {(line: string) => void} log
 * @property {string[]} [extra] further arguments for turbo, such as --force
 * @property {Record<string, string>} [env]
 */

/** @type {(durationMs: number) => string} */
export const seconds = (durationMs) => `${(durationMs / 1000).toFixed(1)} s`

/** @type {(setting: Setting, args: string[], onLine: (line: string) => void) => Promise<number>} */
const turbo = ({ root, children, extra = [], env = {} }, args, onLine) =>
  children.run(
    join(root, 'node_modules/.bin/turbo'),
    [...args, ...extra],
    {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', ...env },
    },
    onLine,
  )

/** @type {(task: Task) => string} */
const verdict = ({ id, status, cached, durationMs }) => {
  const word = { passed: 'ok  ', failed: 'FAIL', 'not-run': 'FAIL' }[status]
  const time = cached ? 'cached' : seconds(durationMs)
  return `  ${word} ${id} (${status === 'not-run' ? 'not run: something it needs failed' : time})`
}

/** Runs one stage; every planned task has a result, whatever happened. @type {(setting: Setting, stage: Stage) => Promise<Task[]>} */
export const runStage = async (setting, stage) => {
  const { log } = setting
  log(`\n${stage.title}`)
  /** @type {string[]} */
  const dryRun = []
  const args = turboArguments(stage)
  await turbo(setting, [...args, '--dry=json'], (line) => dryRun.push(line))
  const planned = plannedTasks(dryRun.join('\n')).filter(({ task }) => belongsTo(stage, task))

  const collector = createCollector((id, cached) => {
    if (!cached && stage.tasks.includes(id.split('#')[1] ?? '')) log(`  ...  ${id}`)
  })
  const code = await turbo(
    setting,
    [
      ...args,
      '--json',
      '--summarize',
      '--continue=dependencies-successful',
      `--concurrency=${stage.concurrency}`,
    ],
    collector.line,
  )
  const tasks = taskResults(planned, readSummary(collector.summaryPath()), collector.outputs)
  for (const task of tasks) log(verdict(task))
  for (const task of tasks.filter(({ status }) => status === 'failed')) {
    log(`\n----- ${task.id}`)
    for (const line of task.output) log(line)
    log('-----')
  }
  const allPassed = tasks.every(({ status }) => status === 'passed')
  if (code !== 0 && allPassed) {
    // A task of an earlier stage broke meanwhile, or turbo itself did.
    for (const line of collector.outputs.get('turbo') ?? []) log(line)
    const id = `turbo (${stage.title})`
    tasks.push({
      id,
      task: 'turbo',
      directory: '.',
      status: 'failed',
      cached: false,
      durationMs: 0,
      output: [],
    })
  }
  return tasks
}
