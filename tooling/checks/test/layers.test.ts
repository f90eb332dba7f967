import { describe, expect, test } from '@jest/globals'
import { browserTarget, builtRootProblems } from '../src/built-roots.js'
import { dependencyProblems, importProblems } from '../src/layer-imports.js'
import { misplaced, place, type LayerTable } from '../src/layer-table.js'
import { tsconfigProblems } from '../src/layer-tsconfig.js'
import { readWorkspace } from '../src/workspace.js'
import { tree } from './tree.js'

const table: LayerTable = {
  layers: {
    ground: { imports: [], isomorphic: true },
    contract: { imports: ['ground'], isomorphic: true },
    implementation: { imports: ['ground', 'contract'], isomorphic: false },
    app: { imports: ['ground', 'contract', 'implementation'], isomorphic: false },
  },
  packages: {
    '@bzzz/base': { layer: 'ground', external: [], tests: [] },
    '@bzzz/port': { layer: 'contract', external: ['zod'], tests: ['@bzzz/real'] },
    '@bzzz/real': { layer: 'implementation', tests: [] },
    '@bzzz/app': { layer: 'app', tests: [] },
  },
}

const manifest = (name: string, dependencies = {}, devDependencies = {}) => ({
  name,
  dependencies,
  devDependencies,
  exports: {
    '.': { types: './dist/index.d.ts', node: './dist/node.js', default: './dist/index.js' },
    './node': { default: './dist/node/index.js' },
  },
})

const isomorphic = { extends: '@bzzz-tooling/tsconfig/isomorphic.json', exclude: ['src/node'] }

const sound = {
  'packages/base/package.json': manifest('@bzzz/base'),
  'packages/base/tsconfig.json': isomorphic,
  'packages/base/dist/index.js': `export * from './one.js'`,
  'packages/base/dist/one.js': 'export const one = 1',
  'packages/port/package.json': manifest('@bzzz/port', { '@bzzz/base': 'workspace:^', zod: '4' }),
  'packages/port/tsconfig.json': isomorphic,
  'packages/port/src/index.ts': `import { one } from '@bzzz/base'; import { z } from 'zod'; export * from './a.js'`,
  'packages/port/src/node/index.ts': `import 'node:fs'; import '@bzzz/port'`,
  'packages/port/src/a.test.ts': `import 'node:fs'; import '@bzzz/real'`,
  'packages/port/dist/index.js': `export { one } from '@bzzz/base'`,
  'packages/real/package.json': manifest('@bzzz/real', { '@bzzz/port': 'workspace:^' }),
  'packages/real/src/index.ts': `import 'node:net'; import '@bzzz/port'`,
  'apps/app/package.json': manifest('@bzzz/app', { '@bzzz/real': 'workspace:^' }),
  'apps/app/src/compose.ts': `import '@bzzz/real'`,
  'apps/app/src/compose/nodes.ts': `import '@bzzz/real'`,
}

const port = 'packages/port/package.json'

const problemsOf = (planted: Record<string, unknown>): string[] => {
  const all = {
    ...sound,
    [port]: manifest(
      '@bzzz/port',
      { '@bzzz/base': 'workspace:^', zod: '4' },
      { '@bzzz/real': 'workspace:^' },
    ),
  }
  const root = tree({ ...all, ...planted })
  const workspace = readWorkspace(root)
  const placed = place(workspace, table)
  return [
    ...misplaced(workspace, table),
    ...importProblems(placed, table),
    ...dependencyProblems(placed),
    ...tsconfigProblems(placed),
    ...builtRootProblems(root, placed),
  ]
}

test('a sound tree has no problems', () => {
  expect(problemsOf({})).toEqual([])
})

describe('planted violations', () => {
  const index = 'packages/port/src/index.ts'
  const cases: [string, Record<string, unknown>, string][] = [
    [
      'a package without a place',
      { 'packages/x/package.json': manifest('@bzzz/x') },
      '@bzzz/x has no place',
    ],
    [
      'an upward import',
      { [index]: `import '@bzzz/real'` },
      'contract may not import implementation',
    ],
    ['an upward type import', { [index]: `type A = import('@bzzz/real').A` }, 'may not import'],
    ['an upward import()', { [index]: `await import('@bzzz/real')` }, 'may not import'],
    ['an upward re-export', { [index]: `export * from '@bzzz/real'` }, 'may not import'],
    ['Node in the root of a contract', { [index]: `import 'fs'` }, 'also runs in browsers'],
    [
      'an unlisted foreign package',
      { [index]: `import 'left-pad'` },
      'does not list under "external"',
    ],
    [
      'an undeclared package',
      { 'packages/real/src/index.ts': `import 'left-pad'` },
      'does not declare',
    ],
    ['a way out of src', { [index]: `import '../../base/src/index.js'` }, 'leaves its own src/'],
    ['its own name', { [index]: `import '@bzzz/port'` }, 'its own package by name'],
    [
      'an implementation outside compose.ts',
      { 'apps/app/src/main.ts': `import '@bzzz/real'` },
      'only src/compose.ts and src/compose/',
    ],
    [
      'a test of a layer above',
      { 'packages/base/src/a.test.ts': `import '@bzzz/port'` },
      'in a test',
    ],
    [
      'an upward dependency',
      {
        [port]: manifest('@bzzz/port', {
          '@bzzz/base': 'workspace:^',
          zod: '4',
          '@bzzz/app': 'workspace:^',
        }),
      },
      'depends on @bzzz/app',
    ],
    [
      'a registry range inside',
      { [port]: manifest('@bzzz/port', { '@bzzz/base': '^1', zod: '4' }) },
      'instead of from the workspace',
    ],
    [
      'Node types in a contract',
      { 'packages/port/tsconfig.json': { ...isomorphic, compilerOptions: { types: ['node'] } } },
      'sets "types"',
    ],
    [
      'DOM types in a contract',
      { 'packages/port/tsconfig.json': { ...isomorphic, compilerOptions: { lib: ['dom'] } } },
      'sets "lib"',
    ],
    [
      'another base',
      { 'packages/port/tsconfig.json': { extends: './node.json', exclude: ['src/node'] } },
      'does not extend',
    ],
    [
      'src/node compiled with the rest',
      { 'packages/port/tsconfig.json': { extends: isomorphic.extends } },
      'does not exclude src/node',
    ],
    [
      'a builtin behind a package',
      { 'packages/base/dist/one.js': `import 'node:os'` },
      'packages/base/dist/one.js reaches node:os',
    ],
    [
      'a builtin behind a Node subpath',
      {
        'packages/port/dist/index.js': `import '@bzzz/base/node'`,
        'packages/base/dist/node/index.js': `import 'node:fs'`,
      },
      'packages/base/dist/node/index.js reaches node:fs',
    ],
    [
      'a root that is not built',
      { 'packages/base/dist/index.js': `export * from './gone.js'` },
      'is not built',
    ],
  ]

  test.each(cases)('%s', (_name, planted, expected) => {
    expect(problemsOf(planted).join('\n')).toContain(expected)
  })
})

test('a browser gets the default of conditional exports, never the node file', () => {
  expect(browserTarget({ types: 'a', node: 'b', default: { import: 'c' } })).toBe('c')
  expect(browserTarget({ node: 'b' })).toBeUndefined()
})
