import { describe, expect, test } from '@jest/globals'
import { errorTables } from '../src/error-tables.js'
import { errorsDocument, errorsDocumentProblems } from '../src/errors-document.js'
import { readWorkspace } from '../src/workspace.js'
import { tree } from './tree.js'

const row = (verdict: string, http: number): string =>
  `{ verdict: '${verdict}', http: ${http}, meaning: 'It ' + \`is | so.\`, remedy: 'Do.' }`

const tables = (sources: Record<string, string>) =>
  errorTables(
    readWorkspace(
      tree({
        'packages/a/package.json': { name: '@bzzz/a' },
        'packages/b/package.json': { name: '@bzzz/b' },
        ...sources,
      }),
    ),
  )

const sound = tables({
  'packages/a/src/errors.ts': `export const aError = defineErrors({ A_ONE: ${row('answered', 400)} })`,
  'packages/b/src/errors.ts': `const ROWS = { B_ONE: ${row('unavailable', 503)} } as const satisfies ErrorTable
    export const bError: ErrorFactory<typeof ROWS> = defineErrors(ROWS)`,
  'packages/a/src/errors.test.ts': `defineErrors({ TEST_ONLY: ${row('answered', 400)} })`,
})

describe('error tables', () => {
  test('are read from literals and from constants, outside tests', () => {
    expect(sound.problems).toEqual([])
    expect(sound.codes.map(({ code, owner }) => [code, owner])).toEqual([
      ['A_ONE', '@bzzz/a'],
      ['B_ONE', '@bzzz/b'],
    ])
    expect(sound.codes[0]?.fields['meaning']).toBe('It is | so.')
  })

  test('a row that cannot be read is told, not left out', () => {
    const spread = tables({ 'packages/a/src/e.ts': 'defineErrors({ ...others })' })
    expect(spread.problems).toHaveLength(1)
    const computed = tables({ 'packages/a/src/e.ts': 'defineErrors({ A: { http: f() } })' })
    expect(computed.problems).toHaveLength(1)
    const elsewhere = tables({ 'packages/a/src/e.ts': 'defineErrors(imported)' })
    expect(elsewhere.problems).toHaveLength(1)
  })
})

describe('docs/errors.md', () => {
  const document = errorsDocument(sound.codes)

  test('as written, it agrees', () => {
    expect(errorsDocumentProblems(sound.codes, document)).toEqual([])
  })

  test('a code that is not documented', () => {
    const without = document.replace(/^\| `A_ONE`.*\n/m, '')
    expect(errorsDocumentProblems(sound.codes, without).join()).toContain('A_ONE is not in')
  })

  test('a documented code that does not exist', () => {
    const more = document.replace('`A_ONE`', '`A_TWO`')
    expect(errorsDocumentProblems(sound.codes, more).join()).toContain('documents A_TWO')
  })

  test('another text', () => {
    expect(errorsDocumentProblems(sound.codes, document.replace('Do.', 'Wait.')).join()).toContain(
      'differs',
    )
  })

  test('one code with two verdicts', () => {
    const [first] = sound.codes
    if (first === undefined) throw new Error('no code')
    const other = {
      ...first,
      owner: '@bzzz/b',
      fields: { ...first.fields, verdict: 'unavailable' },
    }
    const both = [first, other]
    expect(errorsDocumentProblems(both, errorsDocument(both)).join()).toContain('another verdict')
    const same = [first, { ...first, owner: '@bzzz/b' }]
    expect(errorsDocumentProblems(same, errorsDocument(same))).toEqual([])
  })

  test('a code in another spelling', () => {
    const odd = [{ code: 'aOne', owner: '@bzzz/a', fields: {} }]
    expect(errorsDocumentProblems(odd, '').join()).toContain('is not written like')
  })
})
