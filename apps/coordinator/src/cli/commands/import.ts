import { formatVersion, type Client } from '@bzzz/api'
import { codeOf, systemClock } from '@bzzz/base'
import { InvalidArgumentError, type Command } from 'commander'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { coordinatorError } from '../../errors.js'
import {
  importDirectory,
  type ImportReport,
  type ImportTarget,
} from '../../import/import-directory.js'
import { connect, type ConnectionOptions } from '../connect.js'
import { EXIT } from '../exit-codes.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { Progress } from '../progress.js'
import { bytes, duration, palette, printableLine } from '../text.js'
import { usageError } from '../usage-error.js'

/** A coordinator over HTTP as the target of an import. */
export const importTarget = (client: Client, signal?: AbortSignal): ImportTarget => ({
  async get(key) {
    try {
      // During an outage it goes on: what is here already, or nowhere known, decides nothing but the work.
      const { value, version } = await client.call('get', { key, allowStale: true }, { signal })
      return { value, version: formatVersion(version) }
    } catch (error) {
      if (codeOf(error) === 'API_RECORD_NOT_FOUND') return undefined
      throw error
    }
  },
  put: (key, value, opId) => client.call('put', { key, value, opId }, { signal }),
})

const CONCURRENCY_MAX = 64

const parseConcurrency = (text: string): number => {
  const count = Number(text)
  if (!/^\d{1,2}$/.test(text) || count < 1 || count > CONCURRENCY_MAX)
    throw new InvalidArgumentError(`write a number from 1 to ${CONCURRENCY_MAX}`)
  return count
}

const LISTED_MAX = 20

const listed = (io: Io, rows: readonly string[]): void => {
  for (const row of rows.slice(0, LISTED_MAX)) io.err(`  ${printableLine(row)}\n`)
  if (rows.length > LISTED_MAX) io.err(`  and ${rows.length - LISTED_MAX} more; --json lists all\n`)
}

const render = (report: ImportReport, tookMs: number, io: Io): void => {
  const { imported, unchanged, pending, skipped, failed } = report
  const { good, warn, bad } = palette(io)
  const parts = [good(`${imported} imported`), `${unchanged} unchanged`]
  if (pending > 0) parts.push(warn(`${pending} pending`))
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`)
  if (failed.length > 0) parts.push(bad(`${failed.length} failed`))
  io.out(`${parts.join(', ')}; ${bytes(report.bytes)} in ${duration(tookMs)}\n`)
  listed(
    io,
    skipped.map(({ path, reason }) => `skipped ${path}: ${reason}`),
  )
  listed(
    io,
    failed.map(({ path, message }) => `failed ${path}: ${message}`),
  )
}

interface Options extends ConnectionOptions {
  readonly prefix?: string
  readonly concurrency?: number
  readonly hidden?: true
  readonly json?: true
}

const runImport = async (directory: string, options: Options, io: Io): Promise<ImportReport> => {
  const path = resolve(io.cwd, directory)
  const isDirectory = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isDirectory) throw usageError(`${directory} is not a directory`)
  const client = await connect(io, options)
  // Tells at once when nothing answers, rather than once per file.
  await client.call('identity', {}, { signal: io.interrupted })
  const progress = new Progress(io, systemClock)
  const startMs = systemClock.monotonicMs()
  const report = await importDirectory({
    directory: path,
    prefix: (options.prefix ?? basename(path)).replace(/\/+$/, ''),
    target: importTarget(client, io.interrupted),
    concurrency: options.concurrency,
    hidden: options.hidden,
    signal: io.interrupted,
    onProgress: (now) => {
      const done = now.imported + now.unchanged + now.pending + now.failed.length
      progress.show(`${done} files, ${bytes(now.bytes)}`)
    },
  })
  progress.done()
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`)
  else render(report, systemClock.monotonicMs() - startMs, io)
  return report
}

/** `bzzz import <directory>`. */
export const addImportCommand = (
  program: Command,
  io: Io,
  finish: (code: number) => void,
): void => {
  const command = program
    .command('import')
    .description('Write every file of a directory as a record. Run again, it continues.')
    .argument('<directory>')
    .option('--prefix <prefix>', 'keys are <prefix>/<path> (default: the name of the directory)')
    .option('--concurrency <count>', 'files in flight at once (default: 8)', parseConcurrency)
    .option('--hidden', 'take names that begin with a dot as well, except .git')
  withConnection(command).action(async (directory: string) => {
    const { failed, pending } = await runImport(directory, command.opts<Options>(), io)
    if (failed.length > 0)
      throw coordinatorError('IMPORT_FAILED', `${failed.length} files were not imported`)
    if (pending > 0) finish(EXIT.unavailable)
  })
}
