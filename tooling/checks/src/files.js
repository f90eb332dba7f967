import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'coverage', '.turbo', '.results', '.bzzz', '.git'])

/** Every file below `folder`, relative to it, sorted; what tools produce is left out. @type {(folder: string) => string[]} */
export const walk = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((file) => !file.split('/').some((part) => skipped.has(part)))
        .toSorted()
    : []

/**
 * The files that a commit of everything would hold. Without Git (an unpacked archive) every file
 * that no tool produced.
 * @type {(root: string) => string[]}
 */
export const repositoryFiles = (root) => {
  if (!existsSync(join(root, '.git'))) return walk(root)
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return listed
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)))
    .toSorted()
}

/** @type {(path: string) => string} */
export const readText = (path) => readFileSync(path, 'utf8')

/** Code that only tests and measurements run. @type {(file: string) => boolean} */
export const isTestFile = (file) =>
  /\.test(-d)?\.[jt]sx?$/.test(file) || /(^|\/)(test|bench)\//.test(file)
