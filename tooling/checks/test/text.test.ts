import { describe, expect, test } from '@jest/globals'
import { decisionProblems } from '../src/decisions.js'
import { modifierProblems, sleepProblems } from '../src/test-habits.js'
import {
  lengthProblems,
  linesMax,
  strayProblems,
  testSources,
  textProblems,
  textRules,
} from '../src/text.js'
import { tree } from './tree.js'

const found = (name: string, file: string, text: string): string[] => {
  const rule = textRules.find((one) => one.name === name)
  if (rule === undefined) throw new Error(`no rule ${name}`)
  return textProblems(rule, tree({ [file]: text }), [file])
}

// Joined here, so that this file does not break the rules that it tests.
const join = (...parts: string[]): string => parts.join('')

describe('machine paths', () => {
  test.each([join('/wo', 'rk/main'), join('cd /ro', 'ot/x'), join('"/ho', 'me/alice/x"')])(
    '%s',
    (text) => {
      expect(found('machine-paths', 'a.md', `ok\n${text}`)).toEqual([
        'a.md:2 names a path of one machine',
      ])
    },
  )

  test('part of a longer path is none', () => {
    expect(found('machine-paths', 'a.md', join('src/wo', 'rk/x and dist/ro', 'ot/'))).toEqual([])
  })
})

test('package hosts, also in the lockfile', () => {
  const host = join('https://regis', 'try.example.invalid/a')
  expect(found('registry-hosts', 'pnpm-lock.yaml', host)).toHaveLength(1)
  expect(found('registry-hosts', 'a.ts', 'https://example.invalid/a')).toEqual([])
})

test('open ends', () => {
  for (const word of [join('TO', 'DO'), join('FIX', 'ME'), join('XX', 'X')]) {
    expect(found('open-ends', 'a.ts', `// ${word}: later`)).toHaveLength(1)
  }
  expect(found('open-ends', 'a.ts', join(`mkdtemp('XXXX`, `XX')`))).toEqual([])
})

test('files over the limit, but not prose', () => {
  const long = 'x\n'.repeat(linesMax + 1)
  const root = tree({ 'a.ts': long, 'b.ts': 'x\n'.repeat(linesMax), 'c.md': long })
  expect(lengthProblems(root, ['a.ts', 'b.ts', 'c.md'])).toEqual([
    `a.ts has ${linesMax + 1} lines, more than ${linesMax}`,
  ])
})

test('scratch folders and built files are not part of the repository', () => {
  const stray = ['packages/a/.sim/src/a.js', 'apps/a/dist/a.js', 'packages/a/coverage/a.html']
  expect(strayProblems(stray)).toHaveLength(3)
  expect(strayProblems(['packages/a/src/a.ts', '.ci/run', '.changeset/a.md'])).toEqual([])
})

describe('tests', () => {
  const file = 'packages/a/src/a.test.ts'
  const modifiers = (text: string): string[] => modifierProblems(tree({ [file]: text }), [file])
  const sleeps = (text: string): string[] => sleepProblems(tree({ [file]: text }), [file])

  test.each([
    'test.only("a")',
    'describe.skip("a")',
    'it.todo("a")',
    'test.skip.each([])("a")',
    'xit("a")',
    'test.failing("a")',
    'test.concurrent.only("a")',
  ])('switched off: %s', (text) => {
    expect(modifiers(text)).toHaveLength(1)
  })

  test('words in strings and other members are left alone', () => {
    expect(modifiers('test("test.only"); list.skip(3); test.each([1])("a")')).toEqual([])
  })

  test.each([
    'await sleep(5)',
    'await new Promise((resolve) => setTimeout(resolve, 100))',
    'await new Promise((r) => setTimeout(() => r(), 1_000))',
    'await timers.setTimeout(500)',
  ])('sleeps: %s', (text) => {
    expect(sleeps(text)).toHaveLength(1)
  })

  test.each([
    'setTimeout(() => reject(new Error("late")), 5_000)',
    'setTimeout(() => child.kill(), 5_000)',
    'jest.setTimeout(30_000)',
    'new Promise((resolve) => setTimeout(resolve, 0))',
  ])('a deadline or a turn is none: %s', (text) => {
    expect(sleeps(text)).toEqual([])
  })

  test('sources of tests are found by name and by folder', () => {
    expect(testSources([file, 'packages/a/test/help.ts', 'packages/a/src/a.ts'])).toEqual([
      file,
      'packages/a/test/help.ts',
    ])
  })
})

test('decisions are numbered once', () => {
  expect(decisionProblems(['0001-a.md', '0003-b.md'])).toEqual([])
  expect(decisionProblems(['0001-a.md', '0001-b.md']).join()).toContain('a second time')
  expect(decisionProblems(['notes.md']).join()).toContain('NNNN-title.md')
})
