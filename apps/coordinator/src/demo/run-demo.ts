import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { throwIfAborted, type Clock, type Random } from '@bzzz/base'
import { coordinatorError } from '../errors.js'
import { importDirectory } from '../import/import-directory.js'
import type { CoordinatorProcess } from '../process/coordinator-process.js'
import { waitFor } from '../process/wait-for.js'
import { awaitAgreement, compareDocuments, findAll } from './checks.js'
import { findDocuments } from './documents.js'
import { startLoad, type CallLog, type LoadResult } from './load.js'
import { Mesh } from './mesh.js'
import type { NodeClient } from './node-client.js'

export interface DemoOptions {
  /** 1 to 9. */
  readonly nodes: number
  /** Leave the data directories and logs. */
  readonly keep: boolean
  /** How long the load runs before and after the kill, each, milliseconds. */
  readonly loadMs: number
  readonly clock: Clock
  readonly random: Random
  readonly connect: (started: CoordinatorProcess) => Promise<NodeClient>
  /** Called with each finished step. */
  readonly onStep: (step: DemoStep) => void
  readonly signal: AbortSignal
}

export interface DemoStep {
  readonly what: string
  readonly tookMs: number
}

export interface CallSummary {
  readonly succeeded: number
  readonly pending: number
  readonly failures: Readonly<Record<string, number>>
  readonly longestGapMs: number
}

/** What the demo saw. */
export interface DemoReport {
  readonly nodes: number
  readonly steps: readonly DemoStep[]
  readonly documents: { readonly name: string; readonly files: number; readonly bytes: number }
  readonly writes: CallSummary
  readonly reads: CallSummary
  readonly acknowledged: number
  readonly lost: 0
  /** Kept only with `keep`. */
  readonly directory: string | undefined
}

/** Clients hear nothing for longer than this only if reading stopped; a call's own limit is 2 s. */
const READ_GAP_MAX_MS = 5_000

const summary = (log: CallLog, longestGapMs: number): CallSummary => ({
  succeeded: log.succeeded,
  pending: log.pending,
  failures: Object.fromEntries(log.failures),
  longestGapMs: Math.round(longestGapMs),
})

const failed = (message: string): Error => coordinatorError('DEMO_FAILED', message)

/**
 * Runs the demo: real processes, real documents, one kill -9 under load, and checks of all that was
 * acknowledged. Throws `DEMO_FAILED` with what it saw instead.
 */
export const runDemo = async (options: DemoOptions): Promise<DemoReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'bzzz-demo-'))
  try {
    return await new Demo(options, directory).run()
  } finally {
    if (!options.keep) await rm(directory, { recursive: true, force: true })
  }
}

class Demo {
  readonly #options: DemoOptions
  readonly #directory: string
  readonly #steps: DemoStep[] = []

  constructor(options: DemoOptions, directory: string) {
    this.#options = options
    this.#directory = directory
  }

  async run(): Promise<DemoReport> {
    const { nodes, connect, signal, keep } = this.#options
    await using mesh = new Mesh({ directory: this.#directory, count: nodes, connect, signal })
    await this.#step(`${nodes} coordinator processes started, each connected to all others`, () =>
      mesh.start(),
    )
    const documents = await this.#documents(mesh)
    const { load, readGapMs, writeGapMs } = await this.#killUnderLoad(mesh)
    await this.#step(
      `all ${load.acknowledged.length} acknowledged records read through the restarted node`,
      () => findAll(mesh.node(nodes - 1), load.acknowledged),
    )
    await this.#step('every process ended by itself when asked to', () => this.#stopAll(mesh))
    return {
      nodes,
      steps: this.#steps,
      documents,
      writes: summary(load.writes, writeGapMs),
      reads: summary(load.reads, readGapMs),
      acknowledged: load.acknowledged.length,
      lost: 0,
      directory: keep ? this.#directory : undefined,
    }
  }

  async #step<T>(what: string, work: () => Promise<T>): Promise<T> {
    throwIfAborted(this.#options.signal)
    const { clock, onStep } = this.#options
    const startMs = clock.monotonicMs()
    const result = await work()
    const step = { what, tookMs: Math.round(clock.monotonicMs() - startMs) }
    this.#steps.push(step)
    onStep(step)
    return result
  }

  async #documents(mesh: Mesh): Promise<DemoReport['documents']> {
    const { directory, accept, name } = await findDocuments()
    const files: { key: string; path: string }[] = []
    const { client } = mesh.node(0)
    const report = await this.#step(`${name} imported through node-1`, () =>
      importDirectory({
        directory,
        prefix: 'demo/documents',
        accept: (relative) => {
          if (!accept(relative)) return false
          files.push({ key: `demo/documents/${relative}`, path: join(directory, relative) })
          return true
        },
        target: client,
      }),
    )
    if (report.failed.length > 0 || report.pending > 0)
      throw failed(`the import left ${report.failed.length} failed and ${report.pending} pending`)
    const other = mesh.node(Math.min(1, mesh.nodes.length - 1))
    await this.#step(`all ${files.length} read through ${other.name}, equal byte for byte`, () =>
      compareDocuments(other, files),
    )
    return { name, files: files.length, bytes: report.bytes }
  }

  async #killUnderLoad(
    mesh: Mesh,
  ): Promise<{ load: LoadResult; readGapMs: number; writeGapMs: number }> {
    const { clock, random, signal, loadMs, nodes } = this.#options
    const ending = new AbortController()
    const victim = mesh.node(nodes - 1)
    const { now, done } = startLoad({
      writer: mesh.node(0).client,
      // With three nodes or more, one that neither writes nor dies.
      reader: mesh.node(nodes > 2 ? 1 : 0).client,
      // Two nodes keep two copies, and a quorum of two is both: while one is away, only local reads answer.
      readLevel: nodes === 2 ? 'local' : 'quorum',
      clock,
      random,
      until: AbortSignal.any([ending.signal, signal]),
    })
    const more = async (): Promise<void> => {
      const before = { reads: now.reads.succeeded, endMs: clock.monotonicMs() + loadMs }
      await waitFor(
        'reads go on',
        () => clock.monotonicMs() >= before.endMs && now.reads.succeeded > before.reads,
        { boundMs: loadMs + READ_GAP_MAX_MS, signal },
      )
    }
    try {
      await this.#step('reads and writes ran', more)
      await this.#step(`${victim.name} killed with SIGKILL`, () => victim.process.end('SIGKILL'))
      if (nodes > 1) await this.#step('reads went on without it', more)
      await this.#step(`${victim.name} started again on its data`, () => mesh.restart(victim))
      if (nodes > 1) await this.#step('reads and writes ran with it again', more)
    } finally {
      ending.abort()
    }
    const [readGapMs, writeGapMs] = [now.reads.longestGapMs(), now.writes.longestGapMs()]
    const load = await done
    this.#judge(load, readGapMs)
    await this.#step(`${victim.name} caught up`, () =>
      awaitAgreement(mesh, load.acknowledged, signal),
    )
    return { load, readGapMs, writeGapMs }
  }

  #judge(load: LoadResult, readGapMs: number): void {
    if (load.wrong.length > 0)
      throw failed(`${load.wrong.length} reads were wrong, the first: ${load.wrong[0]}`)
    if (load.acknowledged.length === 0) throw failed('no write was acknowledged')
    // One node has nobody to answer for it; its reads stop until it is back.
    if (this.#options.nodes > 1 && readGapMs > READ_GAP_MAX_MS)
      throw failed(`reads stopped for ${Math.round(readGapMs)} ms`)
  }

  async #stopAll(mesh: Mesh): Promise<void> {
    for (const node of mesh.nodes) {
      const { code, signal } = await node.process.end('SIGTERM')
      if (code !== 0) throw failed(`${node.name} ended with ${signal ?? code}, not with 0`)
    }
  }
}
