import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from './workspace.js'

const isomorphicBase = '@bzzz-tooling/tsconfig/isomorphic.json'

/**
 * What runs in browsers must compile without the names of Node and the DOM, so that using one by
 * accident does not compile.
 * @type {(placed: import('./layer-table.js').Placed[]) => string[]}
 */
export const tsconfigProblems = (placed) =>
  placed
    .filter(({ isomorphic }) => isomorphic)
    .flatMap(({ pkg }) => {
      const path = join(pkg.path, 'tsconfig.json')
      /** @type {(problem: string) => string} */
      const at = (problem) => `${pkg.folder}/tsconfig.json ${problem}`
      if (!existsSync(path)) return [at('is missing')]
      const { extends: base, compilerOptions = {}, exclude = [], files } = readJson(path)
      return [
        ...(base === isomorphicBase ? [] : [at(`does not extend ${isomorphicBase}`)]),
        ...(compilerOptions.types === undefined ? [] : [at('sets "types"')]),
        ...(compilerOptions.lib === undefined ? [] : [at('sets "lib"')]),
        // "files" would replace the inherited isomorphic.d.ts and with it every global name.
        ...(files === undefined ? [] : [at('sets "files"')]),
        ...(existsSync(join(pkg.path, 'src/node')) && !exclude.includes('src/node')
          ? [at('does not exclude src/node')]
          : []),
      ]
    })
