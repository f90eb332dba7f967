import { describe, expect, test } from '@jest/globals'
import { countJest } from '../src/jest-results.js'
import { tally, totals, type Files } from '../src/tally.js'
import type { Task } from '../src/turbo.js'

const task = (fields: Partial<Task>): Task => ({
  id: '@bzzz/a#test',
  task: 'test',
  directory: 'packages/a',
  status: 'passed',
  cached: false,
  durationMs: 5,
  output: [],
  ...fields,
})

const files = (all: Record<string, unknown>): Files => ({
  json: (directory, name) => all[`${directory}/${name}`],
  lines: (directory, name) => (all[`${directory}/${name}`] as unknown[] | undefined) ?? [],
})

const jest = (fields = {}) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...fields,
})

const sumOf = (tasks: Task[], all: Record<string, unknown>) =>
  totals(tasks, tally(tasks, files(all)))

describe('counts of one Jest run', () => {
  test('passed and failed tests', () => {
    expect(countJest(jest({ numFailedTests: 2 }), false)).toEqual({ passed: 3, failed: 2 })
  })

  test('a suite that cannot be loaded is a failure although it has no tests', () => {
    const broken = jest({ numPassedTests: 0, numRuntimeErrorTestSuites: 1 })
    expect(countJest(broken, false)).toEqual({ passed: 0, failed: 1 })
    expect(countJest(jest({ numRuntimeErrorTestSuites: 2 }), false).failed).toBe(2)
  })

  test('a test that is switched off is a failure', () => {
    expect(countJest(jest({ numPendingTests: 1 }), true).failed).toBe(1)
    expect(countJest(jest({ numTodoTests: 1 }), true).failed).toBe(1)
  })

  test('a run without tests is a failure', () => {
    expect(countJest(jest({ numPassedTests: 0 }), true)).toEqual({ passed: 0, failed: 1 })
  })

  test('a run that ended badly after its last test is a failure', () => {
    expect(countJest(jest(), false)).toEqual({ passed: 3, failed: 1 })
  })
})

describe('tally', () => {
  test('sums tests, checks of a report, and tasks that are one check each', () => {
    const tasks = [
      task({}),
      task({ id: '//#check:repo', task: 'check:repo', directory: '.' }),
      task({ id: '@bzzz/a#build', task: 'build' }),
    ]
    const checks = [{ problems: [] }, { problems: [] }]
    expect(
      sumOf(tasks, { 'packages/a/jest.json': jest(), './repository.json': { checks, notRun: [] } }),
    ).toEqual({ passed: 6, failed: 0 })
  })

  test('results replayed from the cache count like fresh ones', () => {
    expect(sumOf([task({ cached: true })], { 'packages/a/jest.json': jest() }).passed).toBe(3)
  })

  test('a task that crashed without results is a failure', () => {
    expect(sumOf([task({ status: 'failed' })], {})).toEqual({ passed: 0, failed: 1 })
  })

  test('a task that passed without leaving results is a failure too', () => {
    expect(sumOf([task({})], {})).toEqual({ passed: 0, failed: 1 })
  })

  test('results of an earlier run do not count for a task that did not run', () => {
    const stale = { 'packages/a/jest.json': jest() }
    expect(sumOf([task({ status: 'not-run' })], stale)).toEqual({ passed: 0, failed: 1 })
  })

  test('a check with problems is a failure', () => {
    const repo = task({ task: 'check:repo', directory: '.', status: 'failed' })
    const report = { checks: [{ problems: ['x'] }, { problems: [] }], notRun: [] }
    expect(
      sumOf([task({}), repo], { 'packages/a/jest.json': jest(), './repository.json': report }),
    ).toEqual({ passed: 4, failed: 1 })
  })

  test('a run without any test task fails', () => {
    expect(sumOf([task({ task: 'build' })], {})).toEqual({ passed: 1, failed: 1 })
    expect(sumOf([], {})).toEqual({ passed: 0, failed: 1 })
  })

  test('what did not run here is listed once, apart from the counts', () => {
    const all = {
      'packages/a/jest.json': jest(),
      'packages/a/not-run.jsonl': [
        { name: 'power cut', reason: 'needs root' },
        { name: 'power cut', reason: 'needs root' },
      ],
    }
    const result = tally([task({})], files(all))
    expect(result.notRun).toEqual([{ name: 'power cut', reason: 'needs root' }])
    expect(totals([task({})], result)).toEqual({ passed: 3, failed: 0 })
  })
})
