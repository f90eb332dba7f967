import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'

const head = `# Benchmarks

Each section is written by its command. Compare figures within a section only: they come from one run on one machine.
`

const documentPath = join(import.meta.dirname, '../../../docs/benchmarks.md')

/** The machine, without names or paths. @type {() => string} */
export const machine = () => {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${cpus().length} × ${model}, ${gibibytes} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
}

/**
 * Puts a section between its markers, in place of the one that stood there.
 * @type {(document: string, name: string, body: string) => string}
 */
export const withSection = (document, name, body) => {
  if (!/^[a-z0-9-]+$/.test(name)) throw new RangeError(`"${name}" is no name of a benchmark`)
  const start = `<!-- bench:${name} -->`
  const end = `<!-- /bench:${name} -->`
  const section = `${start}\n## ${name}\n\n${body.trim()}\n${end}`
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from < 0 && to < 0) return `${document.trimEnd()}\n\n${section}\n`
  if (from < 0 || to < from)
    throw new Error(`docs/benchmarks.md: the markers of ${name} are broken`)
  return document.slice(0, from) + section + document.slice(to + end.length)
}

/**
 * Writes one benchmark's section of docs/benchmarks.md, with the command, the machine and the date.
 * @type {(name: string, markdown: string, options?: { path?: string, nowMs?: number }) => void}
 */
export const section = (name, markdown, { path = documentPath, nowMs = Date.now() } = {}) => {
  const date = new Date(nowMs).toISOString().slice(0, 10)
  const body = `\`pnpm bench ${name}\`, ${date}: ${machine()}\n\n${markdown.trim()}`
  mkdirSync(dirname(path), { recursive: true })
  const before = existsSync(path) ? readFileSync(path, 'utf8') : head
  writeFileSync(path, withSection(before, name, body))
}
