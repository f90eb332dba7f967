import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { lineOf, matrixDocument } from '../src/matrix/document.js'
import { columns, rowOf, rowsOf, scenarioColumns, type MatrixRow } from '../src/matrix/scenarios.js'
import { portRows } from '../src/scenarios/rows.js'

const root = join(process.cwd(), '../..')

const sources = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))

const DECLARED = /\b(describe(?:\.each\(portRows\))?|test)\(\s*'([^']+)'/g

/** The scenario tests that stand in the sources, once per component. */
const rowsInSources = (): MatrixRow[] =>
  sources(join(process.cwd(), 'test')).flatMap((source) => {
    let suite = ''
    return [...source.matchAll(DECLARED)].flatMap(([, kind = '', name = '']) => {
      if (kind !== 'test') {
        suite = name
        return []
      }
      const suites = suite.includes('$component')
        ? portRows.map(({ component }) => suite.replace('$component', component))
        : [suite]
      return suites.map((each) => rowOf(each, name, true)).filter((row) => row !== undefined)
    })
  })

describe('docs/test-matrix.md', () => {
  const present = rowsInSources()

  test('every component has a test of each scenario', () => {
    for (const { component } of portRows)
      expect(
        new Set(present.filter((row) => row.component === component).map((row) => row.scenario)),
      ).toEqual(new Set(Object.keys(scenarioColumns)))
  })

  test('lists every present test as passed, and no other', () => {
    const document = readFileSync(join(root, 'docs/test-matrix.md'), 'utf8')
    const listed = document.split('\n').filter((line) => /\| (passed|FAILED) \|$/.test(line))
    const expected = present.map(lineOf)
    expect(listed.toSorted()).toEqual(expected.toSorted())
  })
})

test('a test that failed, or is missing, stands in the matrix as such', () => {
  const results = {
    testResults: [
      {
        assertionResults: [
          { ancestorTitles: ['BZZZ DHT'], title: 'pure mock: serves', status: 'passed' },
          { ancestorTitles: ['BZZZ DHT, real processes'], title: 'load: holds', status: 'failed' },
          { ancestorTitles: ['the checker'], title: 'catches', status: 'passed' },
        ],
      },
    ],
  }
  const document = matrixDocument(rowsOf(results))
  expect(document).toContain('| BZZZ DHT | passed (1) | no test | 1 of 1 FAILED | no test |')
  expect(document).toContain('| load | holds | real processes | FAILED |')
  expect(document).not.toContain('catches')
  expect(columns).toEqual(['Mock', 'Real', 'Hybrid', 'Failure scenario'])
})
