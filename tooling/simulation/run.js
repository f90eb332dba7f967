// pnpm simulate [--minutes 10 | --seeds 10000] [--first 1] [--seed 17]: crash, partition, switch and load over the
// real code of the hybrid. Prints a failing seed with its operations, and ends with 1.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    minutes: { type: 'string' },
    seeds: { type: 'string' },
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
  },
})

const root = join(import.meta.dirname, '../..')
const turbo = join(root, 'node_modules/.bin/turbo')
const built = spawnSync(
  turbo,
  ['run', 'build', '--filter=@bzzz-tooling/simulation', '--output-logs=errors-only'],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
)
if (built.status !== 0) process.exit(1)

const { assemble, runSeeds, unreached } = await import('./dist/index.js')

const startMs = Date.now()
/** @type {(sum: import('./dist/index.js').Batch) => string} */
const told = ({ seeds, calls, acknowledged }) => {
  const perS = seeds / ((Date.now() - startMs) / 1000)
  return `${seeds} seeds (${perS.toFixed(1)}/s), ${calls} calls, ${acknowledged} writes acknowledged`
}

const one = values.seed === undefined ? undefined : Number(values.seed)
const seeds = one === undefined ? Number(values.seeds) : 1
const bound =
  values.seeds === undefined && one === undefined
    ? { untilMs: startMs + Number(values.minutes ?? '1') * 60_000 }
    : { seeds }
const folder = mkdtempSync(join(tmpdir(), 'bzzz-simulation-'))
try {
  const sum = await runSeeds({
    worker: assemble(folder),
    firstSeed: one ?? Number(values.first),
    bound,
    processes: one === undefined ? availableParallelism() : 1,
    onProgress: (now) => {
      process.stderr.write(`\r${told(now)} `)
    },
  })
  process.stderr.write('\n')
  for (const { seed, message } of sum.failures)
    console.log(`seed ${seed} failed; pnpm simulate --seed ${seed}\n${message}\n`)
  for (const [name, count] of Object.entries(sum.states)) console.log(`${count} times ${name}`)
  for (const name of unreached(sum.states)) console.log(`never: ${name}`)
  console.log(`${told(sum)}, ${sum.failures.length} failed`)
  process.exitCode = sum.failures.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
