import { hostname } from 'node:os'
import { expect, test } from '@jest/globals'
import { aloneSuites, stages } from '../src/stages.js'
import { machine, verificationDocument } from '../src/verification.js'

const run = { commit: 'abc', changed: false, date: '2026-01-02', machine: '2 cores' }
const rows = [
  { name: '@bzzz/a#test', passed: 10, failed: 1, durationMs: 1_500 },
  { name: 'check:repo', passed: 5, failed: 0, durationMs: 100 },
  { name: '@bzzz/a#build', passed: 1, failed: 0, durationMs: 2_000 },
  { name: '@bzzz/a#typecheck', passed: 0, failed: 1, durationMs: 1_000 },
]

test('names commit, date, machine, each suite and the sum', () => {
  const text = verificationDocument(run, { rows, notRun: [] }, { passed: 16, failed: 2 })
  expect(text).toContain('- commit: `abc`\n- date: 2026-01-02\n- machine: 2 cores')
  expect(text).toContain('**16 passed, 2 failed**')
  expect(text).toContain('| @bzzz/a | 10 | 1 | 1.5 s |')
  expect(text).toContain('| check:repo | 5 | 0 | 0.1 s |')
  expect(text).toContain('| builds, types, lint, package formats | 1 | 1 | 3.0 s |')
  expect(text).toContain('Nothing was left out.')
})

test('says what was not run and why, and that the tree was changed', () => {
  const notRun = [{ name: 'power cut', reason: 'needs root' }]
  const text = verificationDocument(
    { ...run, changed: true },
    { rows, notRun },
    { passed: 1, failed: 0 },
  )
  expect(text).toContain('- power cut: needs root')
  expect(text).toContain('with uncommitted changes')
})

test('measured figures stand beside what is promised', () => {
  const figure = {
    suite: 'five nodes',
    name: 'answered',
    promised: '≤ 100 ms',
    measured: '7 | 8 ms',
  }
  const text = verificationDocument(run, { rows, notRun: [] }, { passed: 1, failed: 0 }, [figure])
  expect(text).toContain('## Figures')
  expect(text).toContain('| five nodes | answered | ≤ 100 ms | 7 \\| 8 ms |')
  expect(verificationDocument(run, { rows, notRun: [] }, { passed: 1, failed: 0 })).not.toContain(
    '## Figures',
  )
})

test('the machine is told without its name', () => {
  expect(machine()).toContain(process.versions.node)
  expect(machine()).not.toContain(hostname())
})

test('each suite runs in one stage only: beside others, or alone', () => {
  const testing = stages.filter(({ tasks }) => tasks.includes('test'))
  expect(testing.map(({ filters }) => filters)).toEqual([
    aloneSuites.map((name) => `!${name}`),
    aloneSuites,
  ])
  expect(testing[1]?.concurrency).toBe(1)
})
