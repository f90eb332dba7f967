// pnpm check:packed: the packages as npm users get them.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedChecks } from './src/packed.js'
import { runChecks, writeReport } from './src/report.js'

const root = join(import.meta.dirname, '../..')
const fresh = mkdtempSync(join(tmpdir(), 'bzzz-packed-'))
const tarballs = join(fresh, 'tarballs')
const project = join(fresh, 'project')
mkdirSync(tarballs)
mkdirSync(project)
try {
  const checks = await runChecks(packedChecks(root, tarballs, project), console.log, () =>
    performance.now(),
  )
  writeReport(join(root, '.results/packed.json'), { checks, notRun: [] })
  process.exitCode = checks.some(({ problems }) => problems.length > 0) ? 1 : 0
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
