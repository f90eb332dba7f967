import { describe, expect, test } from '@jest/globals'
import { exampleProblems, examplesOf, runExample } from '../src/examples.js'
import { packageProblems } from '../src/package-manifests.js'
import { contentProblems } from '../src/packed.js'
import { runChecks } from '../src/report.js'
import { readWorkspace } from '../src/workspace.js'
import { tree } from './tree.js'

const manifest = {
  name: '@bzzz/a',
  version: '0.0.0',
  description: 'A package that exists for a test.',
  license: 'MIT',
  type: 'module',
  files: ['dist'],
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  engines: { node: '>=22.13' },
  publishConfig: { access: 'public' },
  scripts: { build: 'x', typecheck: 'x', test: 'x', 'check:package': 'x' },
}

const sound = {
  LICENSE: 'MIT',
  '.changeset/a.md': `---\n'@bzzz/a': minor\n---\n\nFirst.`,
  'packages/a/package.json': manifest,
  'packages/a/LICENSE': 'MIT',
  'packages/a/README.md': `\`\`\`ts\nimport { one } from '@bzzz/a'\nconst n: number = one\nif (n !== 1) throw new Error('no')\n\`\`\``,
  'packages/a/dist/index.js': 'export const one = 1',
  'packages/a/dist/index.d.ts': 'export declare const one = 1',
}

const first = (root: string) => {
  const [pkg] = readWorkspace(root).packages
  if (pkg === undefined) throw new Error('no package')
  return pkg
}

const problemsOf = (planted: Record<string, unknown>): string => {
  const root = tree({ ...sound, ...planted })
  return packageProblems(root, first(root)).join('\n')
}

describe('manifests', () => {
  test('a sound package', () => {
    expect(problemsOf({})).toBe('')
  })

  const file = 'packages/a/package.json'
  test.each<[string, Record<string, unknown>, string]>([
    ['licence', { 'packages/a/LICENSE': 'other' }, 'LICENSE differs'],
    ['engines', { [file]: { ...manifest, engines: {} } }, 'engines.node'],
    ['files', { [file]: { ...manifest, files: ['src'] } }, '"files"'],
    ['access', { [file]: { ...manifest, publishConfig: {} } }, 'publishConfig'],
    ['exports', { [file]: { ...manifest, exports: {} } }, 'has no "."'],
    [
      'types last',
      { [file]: { ...manifest, exports: { '.': { default: './dist/index.js' } } } },
      '"types" first',
    ],
    [
      'a missing target',
      { [file]: { ...manifest, bin: { a: './bin/a.js' } } },
      './bin/a.js is missing',
    ],
    ['scripts', { [file]: { ...manifest, scripts: {} } }, 'no script "test"'],
    ['changeset', { '.changeset/a.md': `---\n'@bzzz/ab': minor\n---\n` }, 'no changeset'],
  ])('%s', (_name, planted, expected) => {
    expect(problemsOf(planted)).toContain(expected)
  })
})

describe('README examples', () => {
  test('only whole ts blocks are taken', () => {
    expect(examplesOf('```ts\na\n```\n```sh\nb\n```\n```ts\nc\n```')).toEqual(['a\n', 'c\n'])
  })

  test('a sound example runs on the built files', async () => {
    expect(await exampleProblems(first(tree(sound)))).toEqual([])
  })

  test.each([
    ['none', 'words', 'has no'],
    ['one that throws', '```ts\nthrow new Error("broken")\n```', 'broken'],
    ['one that needs more than its user has', '```ts\nimport "@bzzz/z"\n```', 'does not have'],
  ])('%s', async (_name, readme, expected) => {
    const root = tree({ ...sound, 'packages/a/README.md': readme })
    expect((await exampleProblems(first(root))).join('\n')).toContain(expected)
  })

  test('an example may import what its README says to install', async () => {
    const needed = '```ts\nimport "@bzzz/z"\n```'
    const readme = `\`\`\`sh\nnpm install @bzzz/y @bzzz/z\n\`\`\`\n${needed}`
    const root = tree({ ...sound, 'packages/a/README.md': readme })
    expect((await exampleProblems(first(root))).join('\n')).not.toContain('does not have')
  })

  test('an example runs in a directory of its own', async () => {
    const root = tree(sound)
    const code = `import { readdirSync } from 'node:fs'\nif (readdirSync('.').length > 0) throw new Error('not empty')`
    expect(await runExample(root, code)).toBeUndefined()
  })
})

describe('tarballs', () => {
  const entries = ['package.json', 'README.md', 'LICENSE', 'dist/index.js'].map(
    (entry) => `package/${entry}`,
  )
  const problems = (more: string[], less: string[] = []): string =>
    contentProblems({
      name: 'a',
      file: 'a.tgz',
      entries: [...entries.filter((entry) => !less.includes(entry)), ...more],
    }).join('\n')

  test('sound', () => {
    expect(problems([])).toBe('')
  })

  test.each([
    'dist/a.test.js',
    'src/a.test.ts',
    'test/help.ts',
    'dist/.tsbuildinfo',
    '.results/jest.json',
  ])('with %s', (entry) => {
    expect(problems([`package/${entry}`])).toContain(`ships ${entry}`)
  })

  test.each(['README.md', 'LICENSE'])('without %s', (entry) => {
    expect(problems([], [`package/${entry}`])).toContain(`lacks ${entry}`)
  })

  test('without anything built', () => {
    expect(problems([], ['package/dist/index.js'])).toContain('nothing that was built')
  })
})

test('a check that throws has failed', async () => {
  const lines: string[] = []
  const checks = [
    { name: 'sound', run: () => [] },
    {
      name: 'broken',
      run: () => {
        throw new Error('nothing to look at')
      },
    },
  ]
  const results = await runChecks(
    checks,
    (line) => lines.push(line),
    () => 0,
  )
  expect(results.map(({ problems }) => problems.length)).toEqual([0, 1])
  expect(lines.join('\n')).toContain('nothing to look at')
})
