import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnCoordinator, type CoordinatorProcess } from '../process/coordinator-process.js'
import { waitFor } from '../process/wait-for.js'
import type { NodeClient } from './node-client.js'

export interface MeshNode {
  readonly name: string
  readonly directory: string
  process: CoordinatorProcess
  client: NodeClient
}

export interface MeshOptions {
  readonly directory: string
  readonly count: number
  readonly connect: (started: CoordinatorProcess) => Promise<NodeClient>
  readonly signal: AbortSignal
}

/** Room for a busy machine: a process starts in about a second on an idle one. */
const MEET_BOUND_MS = 60_000

/** Real coordinator processes on loopback, each with its own data directory. */
export class Mesh implements AsyncDisposable {
  readonly #options: MeshOptions
  readonly nodes: MeshNode[] = []

  constructor(options: MeshOptions) {
    this.#options = options
  }

  /** Starts every node; resolves when each is connected to all others. */
  async start(): Promise<void> {
    for (let at = 0; at < this.#options.count; at++) {
      const name = `node-${at + 1}`
      const directory = join(this.#options.directory, name)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      this.nodes.push({ name, directory, ...(await this.#spawn(name, directory, at)) })
    }
    await this.awaitMeeting()
  }

  node(at: number): MeshNode {
    const node = this.nodes[at]
    if (node === undefined) throw new RangeError(`there is no node ${at}`)
    return node
  }

  async restart(node: MeshNode): Promise<void> {
    Object.assign(node, await this.#spawn(node.name, node.directory, this.nodes.indexOf(node)))
  }

  /** Resolves when every node is connected to all others. */
  async awaitMeeting(): Promise<void> {
    for (const node of this.nodes)
      await waitFor(
        `${node.name} connected to all others`,
        async () => {
          const { connectedPeers, isServing } = await node.client.status()
          return connectedPeers === this.nodes.length - 1 && isServing
        },
        { boundMs: MEET_BOUND_MS, everyMs: 50, signal: this.#options.signal },
      )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.process.end('SIGKILL')))
  }

  async #spawn(
    name: string,
    dataDirectory: string,
    at: number,
  ): Promise<Pick<MeshNode, 'process' | 'client'>> {
    const process = await spawnCoordinator({
      dataDirectory,
      logFile: join(this.#options.directory, `${name}.log`),
      env: {
        BZZZ_USE_REAL_DHT: 'true',
        BZZZ_HTTP_PORT: '0',
        BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0',
        BZZZ_DHT_BOOTSTRAP_NODES: this.#bootstrapOf(at),
      },
    })
    return { process, client: await this.#options.connect(process) }
  }

  /** Every second node joins through the first one's HTTP port, the others through its libp2p port. */
  #bootstrapOf(at: number): string {
    const first = this.nodes[0]
    if (first === undefined || at === 0) return ''
    const port = /\/tcp\/(\d+)/.exec(first.process.addresses[0] ?? '')?.[1]
    return at % 2 === 1 ? new URL(first.process.url).host : `127.0.0.1:${port}`
  }
}
