// npm test, pnpm test: everything, in stages. The last line reads "N passed, N failed".
import { join } from 'node:path'
import { createChildren } from './src/children.js'
import { resultFiles } from './src/files.js'
import { runStage, seconds } from './src/run-stages.js'
import { stages } from './src/stages.js'
import { tally, totals } from './src/tally.js'
import { tooOld } from './src/too-old.js'

const root = join(import.meta.dirname, '../..')
const children = createChildren()
let interrupted = false
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    interrupted = true
    children.interrupt()
  })
}

/** @type {import('./src/turbo.js').Task[]} */
const tasks = []
const startedMs = performance.now()
const complaint = tooOld(process.versions.node)
if (complaint === undefined) {
  for (const stage of stages) {
    if (!interrupted) tasks.push(...(await runStage({ root, children, log: console.log }, stage)))
  }
} else console.error(complaint)

const total = tally(tasks, resultFiles(root))
const { passed, failed } = totals(tasks, total)
const bad = total.rows.filter((row) => row.failed > 0)
console.log(`\n${seconds(performance.now() - startedMs)}`)
if (interrupted) console.log('interrupted: what had not run yet is not counted')
for (const row of bad) console.log(`failed: ${row.name} (${row.failed})`)
if (total.notRun.length > 0) console.log(`${total.notRun.length} checks not run here:`)
for (const { name, reason } of total.notRun) console.log(`  ${name}: ${reason}`)
console.log(`${passed} passed, ${failed + Number(interrupted)} failed`)
process.exitCode = failed > 0 || interrupted ? 1 : 0
