import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { isTestFile, readText, walk } from './files.js'
import { importsOf, packageOf } from './syntax.js'

/**
 * @typedef {import('./layer-table.js').Placed} Placed
 * @typedef {import('./layer-table.js').LayerTable} LayerTable
 */

const ownScopes = /^@(bzzz|rustle)\//
const testTools = new Set(['@jest/globals', '@bzzz-tooling/jest-preset'])

/** Files that may use Node although their package also runs in a browser. @type {(file: string) => boolean} */
const isNodeFile = (file) => file.startsWith('src/node/') || file.endsWith('.node.ts')

/** @type {(placed: Placed, name: string) => boolean} */
const declared = ({ pkg }, name) =>
  [
    pkg.manifest.dependencies,
    pkg.manifest.peerDependencies,
    pkg.manifest.optionalDependencies,
  ].some((field) => field?.[name] !== undefined)

/** @type {(placed: Placed, table: LayerTable, file: string, specifier: string) => string | undefined} */
const problemOf = (placed, table, file, specifier) => {
  const { pkg, placement, isomorphic, allowed } = placed
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier)
    return target.startsWith('src/') ? undefined : `leaves its own src/ (${specifier})`
  }
  if (isBuiltin(specifier)) {
    return isomorphic && !isNodeFile(file)
      ? `uses ${specifier}, but ${pkg.manifest.name} also runs in browsers: move it to src/node/`
      : undefined
  }
  const name = packageOf(specifier)
  if (name === pkg.manifest.name) {
    // src/node/ is compiled apart, against the built root.
    return isNodeFile(file) ? undefined : `imports its own package by name (${specifier})`
  }
  if (ownScopes.test(name)) {
    const other = table.packages[name]
    if (!allowed.has(name)) {
      return `imports ${name}: ${placement.layer} may not import ${other?.layer ?? 'it'}`
    }
    if (other?.layer === 'implementation' && !composes.test(file)) {
      return `imports the implementation ${name}: only src/compose.ts and src/compose/ name concrete backends`
    }
  } else if (placement.external !== undefined && !placement.external.includes(name)) {
    return `imports ${name}, which layers.json does not list under "external"`
  }
  return declared(placed, name) ? undefined : `imports ${name}, which package.json does not declare`
}

/** @type {(placed: Placed, specifier: string) => string | undefined} */
const testProblemOf = (placed, specifier) => {
  const name = specifier.startsWith('.') || isBuiltin(specifier) ? '' : packageOf(specifier)
  const { pkg, placement, allowed } = placed
  if (name === '' || name === pkg.manifest.name) return undefined
  if (ownScopes.test(name) && !allowed.has(name) && !placement.tests.includes(name)) {
    return `imports ${name} in a test: layers.json does not list it under "tests"`
  }
  return declared(placed, name) || testTools.has(name) || pkg.manifest.devDependencies?.[name]
    ? undefined
    : `imports ${name}, which package.json does not declare`
}

/** Every import of every source and test file, against the table. @type {(placed: Placed[], table: LayerTable) => string[]} */
export const importProblems = (placed, table) =>
  placed.flatMap((one) =>
    walk(one.pkg.path)
      .filter((file) => /^(src|test|bench)\/.*\.[jt]sx?$/.test(file))
      .flatMap((file) =>
        importsOf(readText(join(one.pkg.path, file)), file).flatMap(({ specifier }) => {
          const problem = isTestFile(file)
            ? testProblemOf(one, specifier)
            : problemOf(one, table, file, specifier)
          return problem === undefined ? [] : [`${one.pkg.folder}/${file} ${problem}`]
        }),
      ),
  )

/** Where an app is put together. */
const composes = /^src\/compose(?:\.ts$|\/)/

/** Internal dependencies that the table does not allow, or that no workspace range declares. @type {(placed: Placed[]) => string[]} */
export const dependencyProblems = (placed) =>
  placed.flatMap(({ pkg, placement, allowed }) => {
    const runtime = Object.entries(pkg.manifest.dependencies ?? {})
    const development = Object.entries(pkg.manifest.devDependencies ?? {})
    /** @type {(problem: string) => string} */
    const at = (problem) => `${pkg.folder}/package.json ${problem}`
    return [
      ...runtime
        .filter(([name]) => ownScopes.test(name) && !allowed.has(name))
        .map(([name]) => at(`depends on ${name}, which its layer may not import`)),
      ...development
        .filter(([name]) => ownScopes.test(name))
        .filter(([name]) => !allowed.has(name) && !placement.tests.includes(name))
        .map(([name]) => at(`has the devDependency ${name}, not listed under "tests"`)),
      ...[...runtime, ...development]
        .filter(([name, range]) => ownScopes.test(name) && !range.startsWith('workspace:'))
        .map(([name, range]) => at(`takes ${name} as "${range}" instead of from the workspace`)),
    ]
  })
