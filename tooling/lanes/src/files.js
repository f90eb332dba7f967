import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads the `.results` folders of a working tree. @type {(root: string) => import('./tally.js').Files} */
export const resultFiles = (root) => {
  /** @type {(directory: string, name: string) => string | undefined} */
  const read = (directory, name) => {
    const path = join(root, directory, '.results', name)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  return {
    json: (directory, name) => {
      const text = read(directory, name)
      return text === undefined ? undefined : JSON.parse(text)
    },
    lines: (directory, name) =>
      (read(directory, name) ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
  }
}

/** The figures that suites measured in their last run. @type {(root: string) => import('./verification.js').Figure[]} */
export const measuredFigures = (root) => {
  const { json } = resultFiles(root)
  return ['packages', 'apps', 'tooling'].flatMap((group) =>
    readdirSync(join(root, group))
      .toSorted()
      .flatMap((name) => json(join(group, name), 'figures.json') ?? []),
  )
}
