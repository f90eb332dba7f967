import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { builtRootProblems } from './built-roots.js'
import { decisionProblems } from './decisions.js'
import { errorTables } from './error-tables.js'
import { errorsDocumentProblems } from './errors-document.js'
import { exampleProblems } from './examples.js'
import { readText, repositoryFiles, walk } from './files.js'
import { dependencyProblems, importProblems } from './layer-imports.js'
import { misplaced, place, readLayerTable } from './layer-table.js'
import { tsconfigProblems } from './layer-tsconfig.js'
import { installedBuilds, lockedPackages, pnpmSettings } from './lockfile.js'
import { packageProblems } from './package-manifests.js'
import * as supply from './supply-chain.js'
import { modifierProblems, sleepProblems } from './test-habits.js'
import { lengthProblems, strayProblems, testSources, textProblems, textRules } from './text.js'
import { published, readJson, readWorkspace } from './workspace.js'

/** @typedef {import('./report.js').Check} Check */

/** @type {(root: string) => Check[]} */
const layerChecks = (root) => {
  const workspace = readWorkspace(root)
  const table = readLayerTable(root)
  const placed = place(workspace, table)
  return [
    { name: 'layers: every package has its place', run: () => misplaced(workspace, table) },
    { name: 'layers: imports point down', run: () => importProblems(placed, table) },
    { name: 'layers: dependencies point down', run: () => dependencyProblems(placed) },
    {
      name: 'layers: what runs in browsers compiles without Node',
      run: () => tsconfigProblems(placed),
    },
    {
      name: 'layers: built roots reach no Node builtin',
      run: () => builtRootProblems(root, placed),
    },
  ]
}

/** @type {(root: string) => Check[]} */
const supplyChecks = (root) => {
  const locked = lockedPackages(root)
  const settings = pnpmSettings(root)
  /** @type {supply.Floors} */
  const floors = readJson(join(root, 'tooling/checks/version-floors.json'))
  return [
    { name: 'supply chain: version floors', run: () => supply.floorProblems(locked, floors) },
    { name: 'supply chain: banned packages', run: () => supply.bannedProblems(locked, floors) },
    { name: 'supply chain: settings', run: () => supply.settingsProblems(settings, floors) },
    {
      name: 'supply chain: build scripts',
      run: () => supply.buildProblems(installedBuilds(root), settings, floors),
    },
    {
      name: 'supply chain: registry packages only',
      run: () => supply.resolutionProblems(locked),
    },
  ]
}

/** @type {(root: string) => Check[]} */
const packageChecks = (root) =>
  published(readWorkspace(root)).flatMap((pkg) => [
    { name: `package ${pkg.manifest.name}: manifest`, run: () => packageProblems(root, pkg) },
    { name: `package ${pkg.manifest.name}: README example`, run: () => exampleProblems(pkg) },
  ])

/** @type {(root: string) => Check[]} */
const textChecks = (root) => {
  const files = repositoryFiles(root)
  const tests = testSources(files)
  return [
    ...textRules.map((rule) => ({
      name: `text: ${rule.name}`,
      run: () => textProblems(rule, root, files),
    })),
    { name: 'files: nothing stray', run: () => strayProblems(files) },
    { name: 'text: file length', run: () => lengthProblems(root, files) },
    { name: 'tests: none is switched off', run: () => modifierProblems(root, tests) },
    { name: 'tests: none sleeps', run: () => sleepProblems(root, tests) },
  ]
}

/** @type {(root: string) => string[]} */
const errorDocumentation = (root) => {
  const { codes, problems } = errorTables(readWorkspace(root))
  const path = join(root, 'docs/errors.md')
  return [...problems, ...errorsDocumentProblems(codes, existsSync(path) ? readText(path) : '')]
}

/** @type {(root: string) => Check[]} */
const documentChecks = (root) => [
  { name: 'docs: error codes, both ways', run: () => errorDocumentation(root) },
  { name: 'docs: decisions', run: () => decisionProblems(walk(join(root, 'docs/decisions'))) },
]

/** All checks of the repository that need neither the network nor a fresh project. @type {(root: string) => Check[]} */
export const repositoryChecks = (root) => [
  ...layerChecks(root),
  ...supplyChecks(root),
  ...packageChecks(root),
  ...textChecks(root),
  ...documentChecks(root),
]
