import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readText } from './files.js'
import { readJson } from './workspace.js'

/**
 * @typedef {{ name: string, version: string, resolution: Record<string, string> }} Locked
 *
 * @typedef {object} PnpmSettings
 * @property {Record<string, boolean>} [allowBuilds]
 * @property {number} [minimumReleaseAge] minutes
 * @property {string[]} [minimumReleaseAgeExclude]
 * @property {boolean} [blockExoticSubdeps]
 * @property {string} [trustPolicy]
 */

/** Every package that pnpm-lock.yaml pins. @type {(root: string) => Locked[]} */
export const lockedPackages = (root) => {
  const { packages = {} } = parse(readText(join(root, 'pnpm-lock.yaml')), { maxAliasCount: 0 })
  return Object.entries(packages).map(([key, { resolution }]) => {
    const at = key.lastIndexOf('@')
    return { name: key.slice(0, at), version: key.slice(at + 1), resolution }
  })
}

/** @type {(root: string) => PnpmSettings} */
export const pnpmSettings = (root) => parse(readText(join(root, 'pnpm-workspace.yaml')))

const buildScripts = ['preinstall', 'install', 'postinstall']

/** Packages in the installed tree that would run code on installation. @type {(root: string) => string[]} */
export const installedBuilds = (root) => {
  const store = join(root, 'node_modules/.pnpm')
  if (!existsSync(store)) return []
  const names = readdirSync(store).flatMap((entry) => {
    const modules = join(store, entry, 'node_modules')
    if (!existsSync(modules)) return []
    return readdirSync(modules, { withFileTypes: true }).flatMap((found) => {
      if (found.isSymbolicLink() || !found.isDirectory() || found.name.startsWith('.')) return []
      if (!found.name.startsWith('@')) return [join(modules, found.name)]
      return readdirSync(join(modules, found.name), { withFileTypes: true })
        .filter((inner) => inner.isDirectory())
        .map((inner) => join(modules, found.name, inner.name))
    })
  })
  return [...new Set(names.filter(runsOnInstall).map((path) => readManifest(path).name))].toSorted()
}

/** @type {(path: string) => import('./workspace.js').Manifest} */
const readManifest = (path) => readJson(join(path, 'package.json'))

/** @type {(path: string) => boolean} */
const runsOnInstall = (path) => {
  if (!existsSync(join(path, 'package.json'))) return false
  if (existsSync(join(path, 'binding.gyp'))) return true
  const scripts = readManifest(path).scripts ?? {}
  return buildScripts.some((script) => scripts[script] !== undefined)
}
