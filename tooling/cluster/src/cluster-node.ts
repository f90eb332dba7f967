import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnCoordinator, waitFor, type CoordinatorProcess } from '@bzzz/coordinator'
import { command } from './command.js'
import type { Lan } from './lan/lan.js'

export const HTTP_PORT = 4280
export const LIBP2P_PORT = 4281

export interface NodeOptions {
  readonly lan: Lan
  readonly index: number
  /** Parent of its data directory. */
  readonly directory: string
  /** Through which others it joins; empty for the first one. */
  readonly bootstrap: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Bytes of a disk of its own, in memory; undefined: the machine's. */
  readonly diskBytes?: number
}

/** Times in which a node could not be expected to answer, its disk to take anything, or the store to step in. */
export interface Outage {
  readonly kind: 'killed' | 'frozen' | 'disk full' | 'stopped' | 'no fallback'
  readonly fromMs: number
  toMs: number
}

/** Wall milliseconds with a fraction. */
export const nowMs = (): number => performance.timeOrigin + performance.now()

/** One coordinator: its machine, its disk and its process, which may end and start again. */
export class ClusterNode {
  readonly index: number
  readonly outages: Outage[] = []
  readonly #options: NodeOptions
  #env: Readonly<Record<string, string>>
  #process: CoordinatorProcess | undefined
  #token = ''

  constructor(options: NodeOptions) {
    this.#options = options
    this.#env = options.env
    this.index = options.index
  }

  /** Of its own, beside its data. */
  get directory(): string {
    return this.#options.directory
  }

  get dataDirectory(): string {
    return join(this.directory, 'data')
  }

  get host(): string {
    return this.#options.lan.addressOf(this.index)
  }

  get url(): string {
    return `http://${this.host}:${HTTP_PORT}`
  }

  get token(): string {
    return this.#token
  }

  get pid(): number {
    return this.#running.pid
  }

  get peerId(): string {
    return this.#running.peerId
  }

  /** The last lines of its log. */
  get log(): string {
    return this.#process?.log() ?? 'it does not run'
  }

  /** Makes its disk, with these files on it; once, before the first start. */
  async prepare(files: Readonly<Record<string, string>>): Promise<void> {
    const { directory, diskBytes } = this.#options
    await mkdir(directory, { recursive: true })
    if (diskBytes !== undefined)
      await command('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', directory)
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  }

  /**
   * Starts it and waits until it serves.
   * @param further settings from now on, beside those that all nodes have; default: as before
   */
  async start(further?: Readonly<Record<string, string>>): Promise<void> {
    const { lan, index, bootstrap, directory, args = [] } = this.#options
    if (further !== undefined) this.#env = { ...this.#options.env, ...further }
    this.#process = await spawnCoordinator({
      dataDirectory: this.dataDirectory,
      within: lan.on(index),
      args,
      logFile: `${directory}.log`,
      env: {
        BZZZ_HTTP_HOST: this.host,
        BZZZ_HTTP_PORT: String(HTTP_PORT),
        BZZZ_LIBP2P_LISTEN: `/ip4/${this.host}/tcp/${LIBP2P_PORT}`,
        BZZZ_DHT_BOOTSTRAP_NODES: bootstrap.join(','),
        ...this.#env,
      },
    })
    this.#token = (await readFile(join(this.dataDirectory, 'token'), 'utf8')).trim()
    this.#endOutages('killed', 'stopped')
  }

  /** Until the next start its mode has no fallback. */
  withoutFallback(): void {
    this.#begin('no fallback')
  }

  /** As the end of the machine would, but for its disk. */
  async kill(): Promise<void> {
    this.#begin('killed')
    await this.#running.end('SIGKILL')
  }

  /** An orderly end, as of a deployment. */
  async stop(): Promise<void> {
    this.#endOutages('no fallback')
    this.#begin('stopped')
    const { code, signal } = await this.#running.end('SIGTERM')
    if (code !== 0) throw new Error(`node ${this.index} ended with ${signal ?? code}: ${this.log}`)
  }

  /** The process stands still, its connections stay. */
  freeze(): void {
    this.#begin('frozen')
    process.kill(this.#running.pid, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.#running.pid, 'SIGCONT')
    this.#endOutages('frozen')
  }

  /** Fills its disk to the last byte. */
  async fillDisk(): Promise<void> {
    this.#begin('disk full')
    const file = this.#filler
    for (let bytes = 2 ** 24; bytes >= 2 ** 12; bytes /= 2) await fillBy(file, bytes)
  }

  async freeDisk(): Promise<void> {
    await rm(this.#filler)
  }

  /** Told by whoever saw that it takes writes again. */
  diskIsFree(): void {
    this.#endOutages('disk full')
  }

  async dispose(): Promise<void> {
    await this.#process?.end('SIGKILL')
    if (this.#options.diskBytes !== undefined)
      await waitFor('the disk let go', async () => {
        await command('umount', this.#options.directory)
        return true
      })
  }

  get #filler(): string {
    return join(this.#options.directory, 'filler')
  }

  get #running(): CoordinatorProcess {
    if (this.#process === undefined) throw new Error(`node ${this.index} was never started`)
    return this.#process
  }

  #begin(kind: Outage['kind']): void {
    this.outages.push({ kind, fromMs: nowMs(), toMs: Infinity })
  }

  #endOutages(...kinds: readonly Outage['kind'][]): void {
    for (const outage of this.outages)
      if (outage.toMs === Infinity && kinds.includes(outage.kind)) outage.toMs = nowMs()
  }
}

/** Appends pieces of this size until no more fits. */
const fillBy = async (file: string, bytes: number): Promise<void> => {
  const piece = new Uint8Array(bytes)
  for (;;) {
    try {
      await writeFile(file, piece, { flag: 'a' })
    } catch {
      return
    }
  }
}
