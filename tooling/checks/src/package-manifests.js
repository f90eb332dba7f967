import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText, repositoryFiles } from './files.js'

/** @typedef {import('./workspace.js').Package} Package */

/** @type {(entry: unknown) => string[]} */
const targetsOf = (entry) =>
  typeof entry === 'string'
    ? [entry]
    : typeof entry === 'object' && entry !== null
      ? Object.values(entry).flatMap(targetsOf)
      : []

/** @type {(entry: unknown) => boolean} */
const typesFirst = (entry) =>
  typeof entry === 'string' ||
  (typeof entry === 'object' && entry !== null && Object.keys(entry)[0] === 'types')

/** What every published manifest states, and why a user needs it. @type {(pkg: Package) => string[]} */
const manifestProblems = ({ manifest, path }) => {
  const targets = Object.values(manifest.exports ?? {}).flatMap(targetsOf)
  /** @type {[boolean, string][]} */
  const demands = [
    [manifest.type === 'module', '"type" is not "module"'],
    [manifest.license === 'MIT', '"license" is not "MIT"'],
    [(manifest.description ?? '').length >= 20, '"description" says too little'],
    [manifest.engines?.['node'] === '>=22.13', '"engines.node" is not ">=22.13"'],
    [manifest.publishConfig?.access === 'public', '"publishConfig.access" is not "public"'],
    [manifest.files?.includes('dist') === true, '"files" does not include "dist"'],
    [manifest.exports?.['.'] !== undefined, '"exports" has no "."'],
    [manifest.exports?.['./package.json'] !== undefined, '"exports" has no "./package.json"'],
    ...Object.entries(manifest.exports ?? {}).map(
      ([subpath, entry]) =>
        /** @type {[boolean, string]} */ ([
          typesFirst(entry),
          `"exports" of "${subpath}" does not name "types" first`,
        ]),
    ),
    ...[...targets, ...Object.values(manifest.bin ?? {})].map(
      (target) =>
        /** @type {[boolean, string]} */ ([existsSync(join(path, target)), `${target} is missing`]),
    ),
    ...['build', 'typecheck', 'test', 'check:package'].map(
      (script) =>
        /** @type {[boolean, string]} */ ([
          manifest.scripts?.[script] !== undefined,
          `has no script "${script}"`,
        ]),
    ),
  ]
  return demands.filter(([holds]) => !holds).map(([, problem]) => problem)
}

/** @type {(root: string, name: string) => boolean} */
const hasChangeset = (root, name) =>
  repositoryFiles(join(root, '.changeset'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => readText(join(root, '.changeset', file)).split('---')[1] ?? '')
    .some((front) => front.includes(`'${name}'`) || front.includes(`"${name}"`))

/** @type {(root: string, pkg: Package) => string[]} */
export const packageProblems = (root, pkg) => {
  const { path, manifest } = pkg
  const problems = manifestProblems(pkg)
  if (!existsSync(join(path, 'README.md'))) problems.push('has no README.md')
  if (!existsSync(join(path, 'LICENSE'))) problems.push('has no LICENSE')
  else if (readText(join(path, 'LICENSE')) !== readText(join(root, 'LICENSE'))) {
    problems.push('LICENSE differs from the one at the root')
  }
  if (manifest.version === '0.0.0' && !hasChangeset(root, manifest.name)) {
    problems.push('was never released and has no changeset: nothing would publish it')
  }
  return problems.map((problem) => `${pkg.folder} ${problem}`)
}
