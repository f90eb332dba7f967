// Writes docs/config.md from the table of the coordinator's settings. Run after a build.
import { writeFile } from 'node:fs/promises'
import { coordinatorFields, docsMarkdown } from '../dist/index.js'

await writeFile(
  new URL('../../../docs/config.md', import.meta.url),
  docsMarkdown(coordinatorFields),
)
