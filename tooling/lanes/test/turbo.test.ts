import { describe, expect, test } from '@jest/globals'
import { tooOld } from '../src/too-old.js'
import { createCollector, plannedTasks, taskResults } from '../src/turbo.js'

const planned = [
  { id: 'a#build', task: 'build', directory: 'packages/a' },
  { id: 'b#build', task: 'build', directory: 'packages/b' },
  { id: 'c#build', task: 'build', directory: 'packages/c' },
]

const ran = (taskId: string, exitCode: number | null, status = 'MISS') => ({
  taskId,
  task: 'build',
  directory: '.',
  cache: { status },
  execution: { startTime: 10, endTime: 30, exitCode },
})

test('a dry run names the tasks that have a script', () => {
  const dryRun = JSON.stringify({
    tasks: [
      { taskId: 'a#build', task: 'build', directory: 'packages/a', command: 'tsc' },
      { taskId: 't#build', task: 'build', directory: 'tooling/t', command: '<NONEXISTENT>' },
    ],
  })
  expect(plannedTasks(`a warning first\n${dryRun}`)).toEqual([planned[0]])
})

describe('results of tasks', () => {
  const results = taskResults(
    planned,
    [ran('a#build', 0, 'HIT'), ran('b#build', 2)],
    new Map([['b#build', ['error TS1']]]),
  )

  test('a cached task passed, with its time', () => {
    expect(results[0]).toMatchObject({ status: 'passed', cached: true, durationMs: 20 })
  })

  test('a failed task keeps its output', () => {
    expect(results[1]).toMatchObject({ status: 'failed', output: ['error TS1'] })
  })

  test('a task that turbo does not mention did not run', () => {
    expect(results[2]).toMatchObject({ status: 'not-run' })
  })

  test('a task that a signal ended failed', () => {
    expect(taskResults(planned.slice(0, 1), [ran('a#build', null)], new Map())[0]?.status).toBe(
      'failed',
    )
  })
})

describe('collector', () => {
  test('keeps output per task, tells of starts, and finds the summary', () => {
    const started: [string, boolean][] = []
    const collector = createCollector((id, cached) => started.push([id, cached]))
    for (const [source, text] of [
      ['a#build', 'cache miss, executing 1'],
      ['b#build', 'cache hit, replaying logs 2'],
      ['a#build', 'hello'],
      ['turbo', 'Summary:    /somewhere/run.json'],
    ]) {
      collector.line(JSON.stringify({ source, text }))
    }
    expect(started).toEqual([
      ['a#build', false],
      ['b#build', true],
    ])
    expect(collector.outputs.get('a#build')).toEqual(['cache miss, executing 1', 'hello'])
    expect(collector.summaryPath()).toBe('/somewhere/run.json')
  })

  test('a line that is no JSON is kept as words of turbo', () => {
    const collector = createCollector(() => {})
    collector.line('thread main panicked')
    expect(collector.outputs.get('turbo')).toEqual(['thread main panicked'])
  })
})

test('the oldest Node that will do', () => {
  expect(tooOld('22.13.0')).toBeUndefined()
  expect(tooOld('24.0.0')).toBeUndefined()
  expect(tooOld('22.12.9')).toContain('22.12.9')
  expect(tooOld('20.20.2')).toContain('npm test')
})
