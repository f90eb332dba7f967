import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readText } from './files.js'
import { importsOf, packageOf } from './syntax.js'

const run = promisify(execFile)

/** An example that has not ended by then hangs. */
const exampleTimeoutMs = 60_000

/** The code of every `ts` block of a README. @type {(markdown: string) => string[]} */
export const examplesOf = (markdown) =>
  [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, code]) => code ?? [])

/** What a README tells its user to install beside the package, as its example composes others. @type {(markdown: string) => string[]} */
export const installedBeside = (markdown) =>
  [...markdown.matchAll(/^npm install (.+)$/gm)].flatMap(([, names]) => names?.split(/\s+/) ?? [])

/** @type {(folder: string) => string[]} */
export const readmeExamples = (folder) =>
  existsSync(join(folder, 'README.md')) ? examplesOf(readText(join(folder, 'README.md'))) : []

/**
 * Runs one example as a module that lies in `scope`, so that its imports resolve as they would for
 * the owner of that folder. It runs in an empty directory of its own. Resolves to what went wrong.
 * @type {(scope: string, code: string) => Promise<string | undefined>}
 */
export const runExample = async (scope, code) => {
  // Node strips types in place, but not below node_modules.
  const holder = join(scope, '.bzzz')
  mkdirSync(holder, { recursive: true })
  const folder = mkdtempSync(join(holder, 'example-'))
  const directory = mkdtempSync(join(tmpdir(), 'bzzz-example-'))
  try {
    const file = join(folder, 'example.mts')
    writeFileSync(file, code)
    await run(
      process.execPath,
      ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', file],
      { cwd: directory, timeout: exampleTimeoutMs, killSignal: 'SIGKILL' },
    )
    return undefined
  } catch (error) {
    const { stderr = '', killed = false } = /** @type {{ stderr?: string, killed?: boolean }} */ (
      error
    )
    return killed ? `did not end within ${exampleTimeoutMs} ms` : stderr.trim() || String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * The examples of one package's README, run on its built files. A package with a binary may do
 * without one: its README shows commands.
 * @type {(pkg: import('./workspace.js').Package) => Promise<string[]>}
 */
export const exampleProblems = async ({ folder, path, manifest }) => {
  const examples = readmeExamples(path)
  if (examples.length === 0 && manifest.bin === undefined) {
    return [`${folder}/README.md has no \`\`\`ts example`]
  }
  const known = new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...(examples.length === 0 ? [] : installedBeside(readText(join(path, 'README.md')))),
  ])
  /** @type {string[]} */
  const problems = []
  for (const [index, code] of examples.entries()) {
    const at = `${folder}/README.md, example ${index + 1}:`
    const foreign = importsOf(code, 'example.ts')
      .map(({ specifier }) => specifier)
      .filter((specifier) => !isBuiltin(specifier) && !known.has(packageOf(specifier)))
    problems.push(...foreign.map((one) => `${at} imports ${one}, which its user does not have`))
    const failure = await runExample(path, code)
    if (failure !== undefined) problems.push(`${at} ${failure}`)
  }
  return problems
}
