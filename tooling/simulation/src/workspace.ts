import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Mutation } from './mutations.js'

/** What the simulation runs, by folder under `packages/`. */
const PACKAGES = [
  'base',
  'crypto',
  'dht-core',
  'dht-libp2p',
  'dht-mock',
  'hybrid',
  'sim',
  'store',
  'telemetry',
]

const root = join(import.meta.dirname, '../../..')

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

const copyPackage = (from: string, to: string, modules: string): void => {
  if (!existsSync(join(from, 'dist'))) throw new Error(`${from} is not built`)
  mkdirSync(to, { recursive: true })
  for (const part of ['dist', 'package.json'])
    cpSync(join(from, part), join(to, part), { recursive: true })
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(from, 'package.json'), 'utf8'),
  ) as Manifest
  for (const name of Object.keys(dependencies))
    if (!name.startsWith('@bzzz/')) link(join(from, 'node_modules', name), join(modules, name))
}

const link = (from: string, to: string): void => {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to)
}

const edit = (packages: string, { name, edits }: Mutation): void => {
  for (const { file, from, to } of edits) {
    const path = join(packages, file)
    const text = readFileSync(path, 'utf8')
    const found = text.split(from).length - 1
    if (found !== 1)
      throw new Error(`${name}: ${file} holds ${JSON.stringify(from)} ${found} times, not once`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }
}

/**
 * Copies the built simulation and all that it runs into a folder, with a rule taken away or as they
 * are: a run is not disturbed by a build beside it. Gives the path of the worker there.
 */
export const assemble = (folder: string, mutation?: Mutation): string => {
  const modules = join(folder, 'node_modules')
  const packages = join(modules, '@bzzz')
  for (const name of PACKAGES)
    copyPackage(join(root, 'packages', name), join(packages, name), modules)
  const simulation = join(folder, 'simulation')
  copyPackage(join(root, 'tooling/simulation'), simulation, modules)
  if (mutation !== undefined) edit(packages, mutation)
  return join(simulation, 'dist/worker.js')
}
