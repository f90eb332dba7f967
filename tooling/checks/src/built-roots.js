import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { readText } from './files.js'
import { importsOf, packageOf } from './syntax.js'

/**
 * @typedef {import('./workspace.js').Package} Package
 * @typedef {import('./layer-table.js').Placed} Placed
 */

/** The file that a browser gets for an entry of `exports`. @type {(entry: unknown) => string | undefined} */
export const browserTarget = (entry) => {
  if (typeof entry === 'string') return entry
  if (typeof entry !== 'object' || entry === null) return undefined
  for (const [condition, value] of Object.entries(entry)) {
    if (['browser', 'import', 'default'].includes(condition)) return browserTarget(value)
  }
  return undefined
}

/** Entry files of a package that must work without Node. @type {(pkg: Package) => string[]} */
const browserEntries = ({ path, manifest }) =>
  Object.entries(manifest.exports ?? {})
    .filter(([subpath]) => !/^\.\/(node|package\.json)/.test(subpath))
    .flatMap(([, entry]) => browserTarget(entry) ?? [])
    .map((target) => join(path, target))

/** @type {(packages: Map<string, Package>, specifier: string) => string | undefined} */
const resolveOwn = (packages, specifier) => {
  const name = packageOf(specifier)
  const target = packages.get(name)
  const entry = target?.manifest.exports?.[`.${specifier.slice(name.length)}`]
  const file = browserTarget(entry)
  return target === undefined || file === undefined ? undefined : join(target.path, file)
}

/**
 * Follows the built files of one entry over relative imports and packages of this repository.
 * @type {(root: string, packages: Map<string, Package>, entry: string) => string[]}
 */
const reachProblems = (root, packages, entry) => {
  const queue = [entry]
  const seen = new Set(queue)
  /** @type {string[]} */
  const problems = []
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const shown = relative(root, file)
    if (!existsSync(file)) {
      problems.push(`${shown} is not built (run "pnpm build")`)
      continue
    }
    for (const { specifier } of importsOf(readText(file), file)) {
      if (isBuiltin(specifier)) problems.push(`${shown} reaches ${specifier}`)
      const next = specifier.startsWith('.')
        ? join(dirname(file), specifier)
        : resolveOwn(packages, specifier)
      if (next !== undefined && !seen.has(next)) queue.push(next)
      if (next !== undefined) seen.add(next)
    }
  }
  return problems
}

/** @type {(root: string, placed: Placed[]) => string[]} */
export const builtRootProblems = (root, placed) => {
  const packages = new Map(placed.map(({ pkg }) => [pkg.manifest.name, pkg]))
  return [
    ...new Set(
      placed
        .filter(({ isomorphic }) => isomorphic)
        .flatMap(({ pkg }) => browserEntries(pkg))
        .flatMap((entry) => reachProblems(root, packages, entry)),
    ),
  ]
}
