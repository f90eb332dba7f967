// pnpm docs:errors: writes docs/errors.md from the defineErrors tables.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTables } from './src/error-tables.js'
import { errorsDocument } from './src/errors-document.js'
import { readWorkspace } from './src/workspace.js'

const root = join(import.meta.dirname, '../..')
const { codes, problems } = errorTables(readWorkspace(root))
for (const problem of problems) console.error(problem)
mkdirSync(join(root, 'docs'), { recursive: true })
writeFileSync(join(root, 'docs/errors.md'), errorsDocument(codes))
console.log(`docs/errors.md: ${codes.length} codes`)
process.exitCode = problems.length === 0 ? 0 : 1
