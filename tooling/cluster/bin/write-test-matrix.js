// pnpm docs:test-matrix: runs the tests of this package and writes docs/test-matrix.md from their results.
// With --from-results it takes the results of the last run.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { matrixDocument } from '../src/matrix/document.js'
import { rowsOf } from '../src/matrix/scenarios.js'

const here = join(import.meta.dirname, '..')
if (!process.argv.includes('--from-results'))
  spawnSync('pnpm', ['run', 'test'], { cwd: here, stdio: 'inherit' })
const results = JSON.parse(readFileSync(join(here, '.results/jest.json'), 'utf8'))
const rows = rowsOf(results)
if (rows.length === 0) throw new Error('the results hold no test of a scenario')
writeFileSync(join(here, '../../docs/test-matrix.md'), matrixDocument(rows))
console.log(`docs/test-matrix.md: ${rows.length} tests`)
process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1
