import { utf8, type Durability } from '@bzzz/base'
import type { TestApi } from '@bzzz/base/check'
import type { DHT } from '../dht.js'

/** An isolated network of started nodes that know each other. */
export interface DhtNetwork {
  readonly nodes: readonly DHT[]
  /** Resolves when replication has come to rest: every node holds what it should. */
  readonly settle: () => Promise<void>
  /** Stops the nodes that still run, and frees what the network took. */
  readonly stop: () => Promise<void>
  /** Cuts one node off from all others, both ways. With `supports.partition`. */
  readonly isolate?: (node: number) => Promise<void>
  /** Mends every cut. With `supports.partition`. */
  readonly heal?: () => Promise<void>
  /** Kills one node without a word to the others. With `supports.crash`. */
  readonly crash?: (node: number) => Promise<void>
  /** A digest of all records of one node, so that reads can be shown to change nothing. */
  readonly digest?: (node: number) => Promise<string>
}

/** What an implementation claims. A claim is tested; its handles must then be there. */
export interface DhtSupports {
  /** A call that names no level may be answered by this node alone; its receipt then says `local`. */
  readonly fallsBack?: boolean
  /**
   * While a node is cut off, a call that names no level *is* answered by that node alone. With
   * `fallsBack` and `partition`.
   */
  readonly answersAlone?: boolean
  readonly partition?: boolean
  readonly crash?: boolean
}

export interface DhtContractOptions {
  /** Name of the implementation, for the titles of the tests. */
  readonly name: string
  /** A fresh, isolated network. Called once per node count, and once per test that stops nodes. */
  readonly createNetwork: (count: number) => Promise<DhtNetwork>
  /** A lone node that is not started; what it stands on is. The suite starts and stops the node. */
  readonly createNode: () => Promise<DHT>
  /** What receipts must state. */
  readonly durability: Durability
  /** Sizes of the networks. Default 1 and 3. */
  readonly nodeCounts?: readonly number[]
  readonly supports?: DhtSupports
  /** Lets simulated wall time pass. Without it the suite waits in real time, with a bound. */
  readonly advance?: (durationMs: number) => Promise<void>
}

/** What the groups of tests share: one network of this size, and names nobody else uses. */
export interface Suite {
  readonly api: TestApi
  readonly options: DhtContractOptions
  readonly count: number
  /** The shared network; made at the first call. */
  readonly network: () => Promise<DhtNetwork>
  /** A network of its own, stopped after the body. */
  readonly fresh: (count: number, body: (network: DhtNetwork) => Promise<void>) => Promise<void>
  /** A key that no other test uses. */
  readonly key: (label: string) => string
  readonly stop: () => Promise<void>
}

export const createSuite = (api: TestApi, options: DhtContractOptions, count: number): Suite => {
  let shared: Promise<DhtNetwork> | undefined
  let keys = 0
  return {
    api,
    options,
    count,
    network: () => (shared ??= options.createNetwork(count)),
    fresh: async (size, body) => {
      const network = await options.createNetwork(size)
      try {
        await body(network)
      } finally {
        await network.stop()
      }
    },
    key: (label) => `contract/${label}/${keys++}`,
    stop: async () => {
      const network = await shared
      await network?.stop()
    },
  }
}

/** The node of this index, counted round the network. */
export const nodeOf = (network: DhtNetwork, index: number): DHT => {
  const node = network.nodes[index % network.nodes.length]
  if (node === undefined) throw new Error('contract: the network has no nodes')
  return node
}

/**
 * Named wherever one node must see at once what another did: without a level, an implementation that
 * falls back may answer from the node alone, whenever its peers are slow.
 */
export const AT_QUORUM = { level: 'quorum' } as const

export const bytesOf = (text: string): Uint8Array => utf8(text)

/** Waits for a condition: in simulated time where there is one, else in real time. */
export const eventually = async (
  options: DhtContractOptions,
  what: string,
  condition: () => Promise<boolean>,
): Promise<void> => {
  const startMs = performance.now()
  for (let step = 0; !(await condition()); step++) {
    const isOver = options.advance === undefined ? performance.now() - startMs > 5000 : step > 100
    if (isOver) throw new Error(`contract broken: ${what} did not come about`)
    if (options.advance !== undefined) await options.advance(50)
    else await new Promise<void>((resolve) => void setTimeout(resolve, 5))
  }
}
