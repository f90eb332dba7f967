import { execFile } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { examplesOf, readmeExamples, runExample } from './examples.js'
import { readText } from './files.js'
import { published, readJson, readWorkspace } from './workspace.js'

const run = promisify(execFile)

/** Installing waits for the network; anything longer is reported as a failure. */
const installTimeoutMs = 300_000

/**
 * @typedef {import('./report.js').Check} Check
 * @typedef {{ name: string, file: string, entries: string[] }} Tarball
 */

/** @type {(file: string) => Promise<Tarball>} */
const readTarball = async (file) => {
  const { stdout: listed } = await run('tar', ['-tzf', file])
  const { stdout: manifest } = await run('tar', ['-xzOf', file, 'package/package.json'])
  return { name: JSON.parse(manifest).name, file, entries: listed.trim().split('\n') }
}

/** Packs everything that is published into `folder`. @type {(root: string, folder: string) => Promise<Tarball[]>} */
export const pack = async (root, folder) => {
  const filters = published(readWorkspace(root)).flatMap(({ manifest }) => [
    '--filter',
    manifest.name,
  ])
  await run('pnpm', [...filters, 'pack', '--pack-destination', folder], { cwd: root })
  const files = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  return Promise.all(files.toSorted().map((file) => readTarball(join(folder, file))))
}

/** Files that must not reach users, and files that must. @type {(tarball: Tarball) => string[]} */
export const contentProblems = ({ name, entries }) => {
  const unwanted =
    /\.test(-d)?\.|\.tsbuildinfo$|\/(test|bench|node_modules|\.results|\.bzzz|\.turbo)\//
  const wanted = ['package/package.json', 'package/README.md', 'package/LICENSE']
  return [
    ...entries
      .filter((entry) => unwanted.test(entry))
      .map((entry) => `${name}: ships ${entry.replace('package/', '')}`),
    ...wanted
      .filter((entry) => !entries.includes(entry))
      .map((entry) => `${name}: lacks ${basename(entry)}`),
    ...(entries.some((entry) => entry.startsWith('package/dist/'))
      ? []
      : [`${name}: ships nothing that was built`]),
  ]
}

/** A fresh npm project that depends on every tarball. @type {(project: string, tarballs: Tarball[]) => Promise<string[]>} */
export const install = async (project, tarballs) => {
  const dependencies = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]))
  const manifest = { name: 'fresh', private: true, type: 'module', dependencies }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: project,
    timeout: installTimeoutMs,
  })
  return []
}

/** @type {(project: string, name: string) => Promise<string[]>} */
const runInstalled = async (project, name) => {
  const installed = join(project, 'node_modules', name)
  if (!existsSync(installed)) return [`${name} is not installed`]
  const examples = readmeExamples(installed)
  const failures = []
  for (const code of examples) failures.push(await runExample(project, code))
  return failures.flatMap((failure) => (failure === undefined ? [] : [`${name}: ${failure}`]))
}

/** @type {(project: string, args: string[], expected: RegExp) => Promise<string[]>} */
const runBinary = async (project, args, expected) => {
  const { stdout } = await run('npx', ['--no-install', 'bzzz', ...args], { cwd: project })
  return expected.test(stdout) ? [] : [`bzzz ${args.join(' ')} printed: ${stdout.slice(0, 400)}`]
}

/**
 * What a user gets: everything packed, installed by npm in `project`, and run there.
 * @type {(root: string, folder: string, project: string) => Check[]}
 */
export const packedChecks = (root, folder, project) => {
  /** @type {Tarball[]} */
  let tarballs = []
  const packages = published(readWorkspace(root))
  const coordinator = packages.find(({ manifest }) => manifest.bin?.['bzzz'] !== undefined)
  return [
    {
      name: 'packed: every published package packs',
      run: async () => {
        tarballs = await pack(root, folder)
        const names = tarballs.map(({ name }) => name)
        return packages
          .filter(({ manifest }) => !names.includes(manifest.name))
          .map(({ manifest }) => `${manifest.name} gave no tarball`)
      },
    },
    { name: 'packed: contents', run: () => tarballs.flatMap(contentProblems) },
    { name: 'packed: npm installs them', run: () => install(project, tarballs) },
    ...packages.map(({ manifest }) => ({
      name: `packed: README of ${manifest.name}`,
      run: () => runInstalled(project, manifest.name),
    })),
    {
      name: 'packed: README of the repository',
      run: async () => {
        const examples = examplesOf(readText(join(root, 'README.md')))
        const failures = []
        for (const code of examples) failures.push(await runExample(project, code))
        return failures.filter((failure) => failure !== undefined)
      },
    },
    ...(coordinator === undefined
      ? []
      : [
          {
            name: 'packed: bzzz --version',
            run: () => {
              const { version } = readJson(join(coordinator.path, 'package.json'))
              return runBinary(project, ['--version'], new RegExp(version.replaceAll('.', '\\.')))
            },
          },
          {
            name: 'packed: bzzz --help',
            run: () => runBinary(project, ['--help'], /start[\s\S]*status/),
          },
        ]),
  ]
}
