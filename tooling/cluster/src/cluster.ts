import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClusterNode, LIBP2P_PORT } from './cluster-node.js'
import { Lan } from './lan/lan.js'

export interface ClusterOptions {
  readonly count: number
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of `bzzz start`, by the directory of the node. */
  readonly args?: (directory: string) => readonly string[]
  /** Files in the directory of each node, by their names. */
  readonly files?: Readonly<Record<string, string>>
  /** Bytes of a disk of its own, for the nodes that have one. */
  readonly diskBytes?: (index: number) => number | undefined
}

/** Coordinators as processes, each on a machine of its own as far as the network can tell. */
export class Cluster implements AsyncDisposable {
  readonly lan: Lan
  readonly nodes: readonly ClusterNode[]
  /** Also for files of the tests; gone at the end. */
  readonly directory: string

  private constructor(lan: Lan, nodes: readonly ClusterNode[], directory: string) {
    this.lan = lan
    this.nodes = nodes
    this.directory = directory
  }

  /** Makes the network and the nodes, and starts them one after the other. */
  static async start({
    count,
    env = {},
    args,
    files = {},
    diskBytes,
  }: ClusterOptions): Promise<Cluster> {
    const directory = await mkdtemp(join(tmpdir(), 'bzzz-cluster-'))
    const lan = await Lan.of(count)
    const nodes = Array.from({ length: count }, (_, at) => {
      const index = at + 1
      const own = join(directory, `node${index}`)
      const bytes = diskBytes?.(index)
      return new ClusterNode({
        lan,
        index,
        directory: own,
        // The first founds the mesh; the others look for it there, and for one another.
        bootstrap: Array.from({ length: count }, (__, other) => other + 1)
          .filter((other) => index > 1 && other !== index)
          .map((other) => `${lan.addressOf(other)}:${LIBP2P_PORT}`),
        env,
        args: args?.(own) ?? [],
        ...(bytes !== undefined && { diskBytes: bytes }),
      })
    })
    const cluster = new Cluster(lan, nodes, directory)
    try {
      for (const node of nodes) {
        await node.prepare(files)
        await node.start()
      }
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  /** Nodes count from 1. */
  node(index: number): ClusterNode {
    const node = this.nodes[index - 1]
    if (node === undefined) throw new RangeError(`there is no node ${index}`)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.dispose()))
    await this.lan[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
