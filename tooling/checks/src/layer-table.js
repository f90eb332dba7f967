import { join } from 'node:path'
import { layered, readJson } from './workspace.js'

/**
 * @typedef {object} Layer
 * @property {string[]} imports layers below, whose packages may be imported
 * @property {boolean} isomorphic whether its packages run in a browser as well
 *
 * @typedef {object} Placement
 * @property {string} layer
 * @property {boolean} [isomorphic] overrides the layer's
 * @property {string[]} [imports] packages of the same layer that may be imported
 * @property {string[]} [external] all foreign packages that may be imported; left out: what package.json declares
 * @property {string[]} tests packages of this repository that only tests may import
 *
 * @typedef {{ layers: Record<string, Layer>, packages: Record<string, Placement> }} LayerTable
 *
 * @typedef {object} Placed a package together with what the table says of it
 * @property {import('./workspace.js').Package} pkg
 * @property {Placement} placement
 * @property {boolean} isomorphic
 * @property {Set<string>} allowed packages of this repository that it may import
 */

/** @type {(root: string) => LayerTable} */
export const readLayerTable = (root) => readJson(join(root, 'tooling/checks/layers.json'))

/** Packages without a place, and places without a package. @type {(w: import('./workspace.js').Workspace, table: LayerTable) => string[]} */
export const misplaced = (workspace, table) => {
  const names = new Set(layered(workspace).map(({ manifest }) => manifest.name))
  return [
    ...[...names]
      .filter((name) => table.packages[name] === undefined)
      .map((name) => `${name} has no place in tooling/checks/layers.json`),
    ...Object.entries(table.packages)
      .filter(([name]) => !names.has(name))
      .map(([name]) => `layers.json places ${name}, which does not exist`),
    ...Object.entries(table.packages)
      .filter(([, { layer }]) => table.layers[layer] === undefined)
      .map(([name, { layer }]) => `layers.json places ${name} in the unknown layer "${layer}"`),
  ]
}

/** @type {(w: import('./workspace.js').Workspace, table: LayerTable) => Placed[]} */
export const place = (workspace, table) =>
  layered(workspace).flatMap((pkg) => {
    const placement = table.packages[pkg.manifest.name]
    const layer = placement === undefined ? undefined : table.layers[placement.layer]
    if (placement === undefined || layer === undefined) return []
    const below = Object.entries(table.packages)
      .filter(([, other]) => layer.imports.includes(other.layer))
      .map(([name]) => name)
    return [
      {
        pkg,
        placement,
        isomorphic: placement.isomorphic ?? layer.isomorphic,
        allowed: new Set([...below, ...(placement.imports ?? [])]),
      },
    ]
  })
