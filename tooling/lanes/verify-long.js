// pnpm verify:long [--bench]: the whole of what the test lane runs a share of, without any cache.
// Writes docs/verification.md and docs/test-matrix.md, and with --bench also docs/benchmarks.md.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measuredFigures } from './src/files.js'
import { runLane } from './src/lane.js'
import { machine, verificationDocument } from './src/verification.js'

const root = join(import.meta.dirname, '../..')

/** @type {(...args: string[]) => string} */
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

const commit = git('rev-parse', 'HEAD')
const changed = git('status', '--porcelain') !== ''
// Root can run every check, so nothing may be left out.
const env = {
  BZZZ_LANE: 'long',
  ...(process.getuid?.() === 0 ? { BZZZ_REQUIRE_PRIVILEGED: '1' } : {}),
}
const { total, sums } = await runLane(root, { extra: ['--force'], env })
writeFileSync(
  join(root, 'docs/verification.md'),
  verificationDocument(
    { commit, changed, date: new Date().toISOString().slice(0, 10), machine: machine() },
    total,
    sums,
    measuredFigures(root),
  ),
)
spawnSync(
  process.execPath,
  [join(root, 'tooling/cluster/bin/write-test-matrix.js'), '--from-results'],
  { stdio: 'inherit' },
)
process.exitCode = sums.failed > 0 ? 1 : 0
if (process.argv.includes('--bench') && sums.failed === 0) {
  const bench = spawnSync(process.execPath, [join(root, 'tooling/bench/run.js')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  process.exitCode = bench.status ?? 1
}
