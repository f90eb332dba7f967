import { delay, type Clock, type PeerState, type Random, type Unsubscribe } from '@bzzz/base'
import {
  mixSeed,
  ProcessGate,
  SimClock,
  SimNetwork,
  type Endpoint,
  type Ground,
  type LinkModel,
  type ProcessState,
  type SimTransport,
} from '@bzzz/sim'
import { dhtError } from '@bzzz/dht-core'
import type { Store } from '@bzzz/store'
import { MockDHT } from './mock-dht.js'
import type { Neighbours } from './neighbours.js'
import type { Replica } from './replica.js'

/** What a node's store is made of. */
export interface StoreGround {
  readonly peerId: string
  readonly clock: Clock
  readonly random: Random
  /** Of the process that the node is, for a simulated disk. */
  readonly gate: ProcessGate
}

/** Where a node joins. */
export interface JoinOptions {
  /** Started; outlives the node. */
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** Of the process that the node runs in. */
  readonly gate: ProcessGate
  readonly pumpsDirty?: boolean
  readonly compareEveryMs?: number
}

export interface MockNetworkOptions {
  /** A simulated world, or `realGround(clock, random)`. */
  readonly ground: Ground
  readonly count: number
  /**
   * Makes the store of one run of one node; the network starts and stops it. Without it the network
   * makes no nodes, and has those that {@link MockNetwork.join} it.
   */
  readonly createStore?: ((ground: StoreGround) => Store) | undefined
  /** Replicas per key. Default 3, or as many as there are nodes. */
  readonly replicas?: number
  /** From a request to its answer, milliseconds. Default 0. */
  readonly roundTripMs?: number
  /** Share of messages that are lost; they are sent again. Default 0. */
  readonly lossProbability?: number
  /** Anything else about the links between the nodes. */
  readonly link?: Partial<LinkModel>
  /** A node's clock is ahead of the ground's by this, milliseconds. Default 0. */
  readonly clockOffsetMs?: (peerId: string) => number
}

interface Running {
  readonly node: MockDHT
  readonly store: Store
  readonly gate: ProcessGate
}

/** Freezes, thaws and dies with another gate, and can die before it. */
const followerOf = (gate: ProcessGate): ProcessGate => {
  const follower = new ProcessGate()
  const follow = (state: ProcessState): void => {
    if (state === 'dead') follower.kill()
    else if (state === 'frozen') follower.freeze()
    else follower.thaw()
  }
  follow(gate.state)
  const stop = gate.onChange(follow)
  follower.onChange((state) => {
    if (state === 'dead') stop()
  })
  return follower
}

/** Keys whose replicas are remembered; those of others are computed every time. */
const PLACED_MAX = 100_000

/** How often {@link MockNetwork.settle} looks, and for how long it does so. */
const LOOK_MS = 10
const LOOKS_MAX = 10_000

/** Several embedded nodes in one process, with a modelled network between them. */
export class MockNetwork {
  readonly network: SimNetwork
  readonly #options: MockNetworkOptions
  readonly #peerIds: readonly string[]
  readonly #placed = new Map<string, readonly string[]>()
  readonly #running = new Map<string, Running>()
  readonly #replicas = new Map<Endpoint, Replica>()

  constructor(options: MockNetworkOptions) {
    const { ground, count, roundTripMs = 0, lossProbability = 0, link } = options
    this.#options = options
    this.#peerIds = Array.from({ length: count }, (_, i) => `node-${i + 1}`)
    const latencyMs = roundTripMs / 2
    this.network = new SimNetwork(ground, {
      link: { latencyMinMs: latencyMs, latencyMaxMs: latencyMs, lossProbability, ...link },
    })
    if (options.createStore !== undefined) for (const peerId of this.#peerIds) this.#make(peerId)
  }

  get nodes(): MockDHT[] {
    return this.#peerIds.map((peerId) => this.#of(peerId).node)
  }

  /** The node's store, as it is now. */
  storeOf(index: number): Store {
    return this.#of(this.#peerId(index)).store
  }

  /** Ids of all nodes, whether they are there or not. */
  get peerIds(): readonly string[] {
    return this.#peerIds
  }

  /**
   * A node over a store and in a process that outlive it; once it has stopped, another may join for
   * them. The others see it come and go. One that is still there under this id is cut off for good.
   */
  join(peerId: string, options: JoinOptions): MockDHT {
    const { gate, ...rest } = options
    if (!this.#peerIds.includes(peerId)) throw new RangeError(`there is no node ${peerId}`)
    const transport = this.network.transport(peerId, followerOf(gate))
    return new MockDHT({ ...rest, neighbours: this.#neighbours(transport) })
  }

  async start(): Promise<void> {
    for (const { store } of this.#running.values()) await store.start()
    for (const { node } of this.#running.values()) await node.start()
  }

  async stop(): Promise<void> {
    for (const { node, store, gate } of this.#running.values()) {
      // What was killed never answers again.
      if (gate.state === 'dead' && node.isStarted) continue
      await node.stop()
      await store.stop()
    }
  }

  /** Resolves when every node holds what the nodes that it can reach have for it. */
  async settle(): Promise<void> {
    const { clock } = this.#options.ground
    let quiet = 0
    for (let look = 0; quiet < 2; look++) {
      if (look > LOOKS_MAX) throw new Error('the network does not come to rest')
      await delay(clock, LOOK_MS)
      quiet = this.#isQuiet() ? quiet + 1 : 0
    }
  }

  /** Cuts a node off from all others, both ways. */
  isolate(index: number): void {
    this.network.isolate(this.#peerId(index))
  }

  heal(): void {
    this.network.heal()
  }

  /** Kills a node: its calls never answer, and what its store had not synced is gone. */
  crash(index: number): void {
    this.#of(this.#peerId(index)).gate.kill()
  }

  /** Starts a node again that was killed, over a store that `createStore` makes anew. */
  async restart(index: number): Promise<MockDHT> {
    const { node, store } = this.#make(this.#peerId(index))
    await store.start()
    await node.start()
    return node
  }

  #make(peerId: string): Running {
    const { ground, createStore, clockOffsetMs } = this.#options
    if (createStore === undefined) throw new RangeError('this network makes no nodes of its own')
    const gate = new ProcessGate()
    const offsetMs = clockOffsetMs?.(peerId) ?? 0
    const clock = new SimClock(ground.clock, { gate, offsetMs })
    const { random } = ground
    const store = createStore({ peerId, clock, random, gate })
    const neighbours = this.#neighbours(this.network.transport(peerId, gate))
    const running = { node: new MockDHT({ store, clock, random, neighbours }), store, gate }
    this.#running.set(peerId, running)
    return running
  }

  #neighbours({ endpoint }: SimTransport): Neighbours {
    const { network } = this
    const self = endpoint.peerId
    return {
      replicas: Math.min(this.#options.replicas ?? 3, this.#peerIds.length),
      replicasOf: (key) => this.replicasOf(key),
      others: () => this.#peerIds.filter((peerId) => peerId !== self),
      stateOf: (peerId): PeerState => endpoint.stateOf(peerId) ?? 'disconnected',
      onPeerChange: (listener): Unsubscribe =>
        endpoint.onPeerChange(({ peerId }) => {
          listener(peerId)
        }),
      call: (peerId, label, work, deadlineMs) =>
        network.exchange(
          endpoint,
          peerId,
          label,
          (at) => {
            const replica = this.#replicas.get(at)
            if (replica === undefined)
              throw dhtError('DHT_UNAVAILABLE', `${peerId} has not started yet`)
            return work(replica)
          },
          { deadlineMs },
        ),
      serve: (replica) => {
        this.#replicas.set(endpoint, replica)
      },
      leave: () => {
        this.#replicas.delete(endpoint)
        endpoint.gate.kill()
      },
    }
  }

  /** The replicas of a key. Rendezvous hashing: every node ranks itself, and the first ones keep it. */
  replicasOf(key: string): readonly string[] {
    const { replicas = 3 } = this.#options
    if (replicas >= this.#peerIds.length) return this.#peerIds
    const known = this.#placed.get(key)
    if (known !== undefined) return known
    const rank = new Map(this.#peerIds.map((id) => [id, mixSeed(0, `${key} ${id}`)]))
    const ranked = this.#peerIds.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
    const placed = ranked.slice(0, replicas)
    if (this.#placed.size < PLACED_MAX) this.#placed.set(key, placed)
    return placed
  }

  #isQuiet(): boolean {
    return [...this.#running].every(([peerId, { node, gate }]) => {
      if (gate.state !== 'running') return true
      return node.isQuiet((other) => this.network.isOpen(peerId, other))
    })
  }

  #peerId(index: number): string {
    const peerId = this.#peerIds[index]
    if (peerId === undefined) throw new RangeError(`there is no node ${index}`)
    return peerId
  }

  #of(peerId: string): Running {
    const running = this.#running.get(peerId)
    if (running === undefined) throw new RangeError(`there is no node ${peerId}`)
    return running
  }
}

/** Makes a network of embedded nodes; start it before use. */
export const createMockNetwork = (options: MockNetworkOptions): MockNetwork =>
  new MockNetwork(options)
