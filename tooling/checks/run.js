// pnpm check:repo: what must hold for the repository as a whole.
import { join } from 'node:path'
import { runChecks, writeReport } from './src/report.js'
import { repositoryChecks } from './src/repository.js'
import { readJson } from './src/workspace.js'

const root = join(import.meta.dirname, '../..')
const checks = await runChecks(repositoryChecks(root), console.log, () => performance.now())
const { audit } = readJson(join(root, 'tooling/checks/version-floors.json'))
writeReport(join(root, '.results/repository.json'), {
  checks,
  notRun: audit.available ? [] : [{ name: 'supply chain: audit', reason: audit.why }],
})
process.exitCode = checks.some(({ problems }) => problems.length > 0) ? 1 : 0
