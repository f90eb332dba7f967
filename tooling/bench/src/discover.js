import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {{ name: string, command: string, args: string[], cwd: string }} Bench */

/** @type {(root: string, folder: string) => Bench[]} */
const workspaceBench = (root, folder) => {
  const cwd = join(root, folder)
  const { name, scripts = {} } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
  return scripts.bench === undefined
    ? []
    : [{ name: name.split('/').at(-1), command: 'pnpm', args: ['--silent', 'run', 'bench'], cwd }]
}

/** Programs tooling/bench/<name>.js, and packages with a script "bench" under their last name. @type {(root: string) => Bench[]} */
export const discover = (root) => {
  const folder = join(root, 'tooling/bench')
  const programs = readdirSync(folder)
    .filter((file) => file.endsWith('.js') && !['run.js', 'jest.config.js'].includes(file))
    .map((file) => ({
      name: file.slice(0, -'.js'.length),
      command: process.execPath,
      args: [join(folder, file)],
      cwd: root,
    }))
  const packages = ['packages', 'apps'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .filter((name) => existsSync(join(root, group, name, 'package.json')))
          .flatMap((name) => workspaceBench(root, `${group}/${name}`))
      : [],
  )
  return [...programs, ...packages].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * What of a benchmark's output belongs into the document: everything from its first heading or
 * table line on; plain text is fenced.
 * @type {(output: string) => string}
 */
export const markdownOf = (output) => {
  const lines = output.trimEnd().split('\n')
  const from = lines.findIndex((line) => /^(\||#{3,} )/.test(line))
  return from < 0 ? `\`\`\`text\n${lines.join('\n')}\n\`\`\`` : lines.slice(from).join('\n')
}
