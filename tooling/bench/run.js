// pnpm bench [name...]: runs benchmarks one at a time and writes docs/benchmarks.md.
// A benchmark prints Markdown on stdout and its progress on stderr, or calls section() itself.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { discover, markdownOf } from './src/discover.js'
import { section } from './src/section.js'

const root = join(import.meta.dirname, '../..')
const known = discover(root)
const wanted = process.argv.slice(2).filter((argument) => argument !== '--')
const unknown = wanted.filter((name) => !known.some((bench) => bench.name === name))
if (unknown.length > 0) {
  console.error(
    `no benchmark "${unknown.join('", "')}"; there are: ${known.map(({ name }) => name).join(', ') || 'none'}`,
  )
  process.exit(1)
}

const turbo = join(root, 'node_modules/.bin/turbo')
const built = spawnSync(turbo, ['run', 'build', '--output-logs=errors-only'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (built.status !== 0) process.exit(1)

for (const { name, command, args, cwd } of known) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.error(`\n${name}`)
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const output = await text(child.stdout)
  const code = await ended
  if (output.trim() !== '') console.log(output.trimEnd())
  if (code !== 0) {
    console.error(`${name} failed; docs/benchmarks.md keeps what it had`)
    process.exitCode = 1
  } else if (output.trim() !== '') section(name, markdownOf(output))
}
