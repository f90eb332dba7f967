import { join } from 'node:path'
import { isTestFile, readText } from './files.js'

/**
 * @typedef {object} TextRule
 * @property {string} name
 * @property {RegExp} pattern
 * @property {(file: string) => boolean} applies
 * @property {string} says
 */

const binary = /\.(png|jpe?g|gif|ico|woff2?|gz|tgz|zip|bin|wasm)$/
const lockfile = /(^|\/)pnpm-lock\.yaml$/

// One letter of each word stands in brackets, so that this file does not break its own rules.
const marker = /\b([T]ODO|[F]IXME|[X]XX)\b/
const packageHost =
  /https?:\/\/[^\s/"'<>)]*([r]egistry|[a]rtifactory|[n]exus|[v]erdaccio|[c]odeload)/i
const machinePath = /(?<![\w.@*)}\]-])\/([w]ork\/|[r]oot\/|([h]ome|[U]sers)\/[a-z]{2})/

/** @type {TextRule[]} */
export const textRules = [
  {
    name: 'machine-paths',
    pattern: machinePath,
    applies: () => true,
    says: 'names a path of one machine',
  },
  {
    name: 'registry-hosts',
    pattern: packageHost,
    applies: () => true,
    says: 'names a package host',
  },
  {
    name: 'open-ends',
    pattern: marker,
    applies: (file) => !lockfile.test(file),
    says: 'leaves something to be done',
  },
]

/** Places where a file breaks a rule, as `file:line says`. @type {(rule: TextRule, root: string, files: string[]) => string[]} */
export const textProblems = (rule, root, files) =>
  files
    .filter((file) => rule.applies(file) && !binary.test(file))
    .flatMap((file) =>
      readText(join(root, file))
        .split('\n')
        .flatMap((line, index) =>
          rule.pattern.test(line) ? [`${file}:${index + 1} ${rule.says}`] : [],
        ),
    )

/** One concept per file; a file that needs more has two. */
export const linesMax = 400

/** @type {(root: string, files: string[]) => string[]} */
export const lengthProblems = (root, files) =>
  files
    .filter((file) => /\.([cm]?[jt]sx?|css|html|sh)$/.test(file))
    .flatMap((file) => {
      const lines = readText(join(root, file)).trimEnd().split('\n').length
      return lines > linesMax ? [`${file} has ${lines} lines, more than ${linesMax}`] : []
    })

/** Scratch folders and what was built: no package has a folder that starts with a dot. @type {(files: string[]) => string[]} */
export const strayProblems = (files) =>
  files
    .filter((file) => /^(packages|apps|tooling)\/.*(\/\.[^/]+|\/dist|\/coverage)\//.test(file))
    .map((file) => `${file} is scratch or built: ignore or remove it`)

/** @type {(files: string[]) => string[]} */
export const testSources = (files) =>
  files.filter((file) => isTestFile(file) && /\.[cm]?[jt]sx?$/.test(file))
