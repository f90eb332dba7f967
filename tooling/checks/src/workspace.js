import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} [version]
 * @property {boolean} [private]
 * @property {string} [license]
 * @property {string} [description]
 * @property {string} [type]
 * @property {string[]} [files]
 * @property {Record<string, string>} [bin]
 * @property {Record<string, unknown>} [exports]
 * @property {Record<string, string>} [engines]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {{ access?: string }} [publishConfig]
 *
 * @typedef {object} Package
 * @property {string} folder relative to the root, with forward slashes
 * @property {string} path
 * @property {Manifest} manifest
 *
 * @typedef {object} Workspace
 * @property {string} root
 * @property {Package[]} packages everything below packages/, apps/ and tooling/
 */

/** @type {(path: string) => any} */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** @type {(root: string) => Workspace} */
export const readWorkspace = (root) => ({
  root,
  packages: ['packages', 'apps', 'tooling'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .toSorted()
          .map((name) => ({ folder: `${group}/${name}`, path: join(root, group, name) }))
          .filter(({ path }) => existsSync(join(path, 'package.json')))
          .map((found) => ({ ...found, manifest: readJson(join(found.path, 'package.json')) }))
      : [],
  ),
})

/** What is built in layers: packages and apps, without the tooling. @type {(w: Workspace) => Package[]} */
export const layered = (workspace) =>
  workspace.packages.filter(({ folder }) => !folder.startsWith('tooling/'))

/** @type {(w: Workspace) => Package[]} */
export const published = (workspace) =>
  workspace.packages.filter(({ manifest }) => manifest.private !== true)
