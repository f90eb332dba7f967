import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Task
 * @property {string} id as turbo names it: `@bzzz/base#build`
 * @property {string} task
 * @property {string} directory relative to the root
 * @property {'passed' | 'failed' | 'not-run'} status
 * @property {boolean} cached
 * @property {number} durationMs
 * @property {string[]} output
 *
 * @typedef {{ id: string, task: string, directory: string }} Planned
 * @typedef {{ taskId: string, task: string, directory: string, cache?: { status?: string }, execution?: { startTime: number, endTime: number, exitCode?: number | null } }} SummaryTask
 */

/** What a dry run says would run. @type {(dryRun: string) => Planned[]} */
export const plannedTasks = (dryRun) =>
  JSON.parse(dryRun.slice(dryRun.indexOf('{')))
    .tasks.filter((/** @type {{ command: string }} */ { command }) => command !== '<NONEXISTENT>')
    .map((/** @type {SummaryTask} */ { taskId, task, directory }) => ({
      id: taskId,
      task,
      directory,
    }))

/**
 * Collects the lines that `turbo run --json` prints. `onStart` is told of each task that starts or
 * comes from the cache.
 * @type {(onStart: (id: string, cached: boolean) => void) => { line: (text: string) => void, outputs: Map<string, string[]>, summaryPath: () => string | undefined }}
 */
export const createCollector = (onStart) => {
  /** @type {Map<string, string[]>} */
  const outputs = new Map()
  /** @type {string | undefined} */
  let summaryPath
  return {
    outputs,
    summaryPath: () => summaryPath,
    line: (raw) => {
      const { source, text } = parseLine(raw)
      if (source === 'turbo') summaryPath = /^Summary:\s+(\S.*)$/.exec(text)?.[1] ?? summaryPath
      if (!outputs.has(source)) outputs.set(source, [])
      outputs.get(source)?.push(text)
      const start = /^cache (hit|miss|bypass)/.exec(text)
      if (start !== null && source.includes('#')) onStart(source, start[1] === 'hit')
    },
  }
}

/** A line that is not turbo's own JSON (a crash, say) is kept as its message. @type {(raw: string) => { source: string, text: string }} */
const parseLine = (raw) => {
  try {
    const { source = 'turbo', text = '' } = JSON.parse(raw)
    return { source, text }
  } catch {
    return { source: 'turbo', text: raw }
  }
}

/**
 * What became of each planned task. A task that the summary does not know never ran, because
 * something that it needs failed: that is no success.
 * @type {(planned: Planned[], summary: SummaryTask[], outputs: Map<string, string[]>) => Task[]}
 */
export const taskResults = (planned, summary, outputs) =>
  planned.map(({ id, task, directory }) => {
    const found = summary.find(({ taskId }) => taskId === id)
    const output = outputs.get(id) ?? []
    const execution = found?.execution
    if (execution === undefined) {
      return { id, task, directory, status: 'not-run', cached: false, durationMs: 0, output }
    }
    return {
      id,
      task,
      directory,
      status: execution.exitCode === 0 ? 'passed' : 'failed',
      cached: found?.cache?.status === 'HIT',
      durationMs: execution.endTime - execution.startTime,
      output,
    }
  })

/** @type {(path: string | undefined) => SummaryTask[]} */
export const readSummary = (path) =>
  path === undefined ? [] : JSON.parse(readFileSync(path, 'utf8')).tasks
