// npm test, pnpm test: everything, in stages. The last line reads "N passed, N failed".
import { join } from 'node:path'
import { runLane } from './src/lane.js'

const { sums } = await runLane(join(import.meta.dirname, '../..'))
process.exitCode = sums.failed > 0 ? 1 : 0
