import { baseError, delay, seededRandom, type PeerTransport } from '@bzzz/base'
import { ProcessGate, SimNetwork, World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import { Libp2pDHT, memoryViewStorage, type Libp2pDHTOptions } from '../src/index.js'
import { Placement } from '../src/placement.js'
import { KV_PROTOCOL } from '../src/client.js'
import { decodeReply, type Reply } from '../src/wire/reply.js'
import { decodeRequest, encodeRequest, type Request } from '../src/wire/request.js'
import { signerOf } from './cluster.js'

/** What happens to a request: it is lost, refused at once, late, or done with its answer lost. */
export type Fate = 'lost' | 'refused' | 'late' | 'answer lost' | undefined

export type Rule = (from: number, to: number, request: Request) => Fate

export interface LabNode {
  readonly index: number
  readonly id: string
  readonly store: MemoryStore
  readonly dht: Libp2pDHT
  /** Another one over the same transport, store and view. */
  readonly remake: () => Libp2pDHT
}

const TRY_MS = 200

/** Long against everything else on this network, and within the time that a try has. */
const LATE_MS = 150

/** Nodes whose single requests a test loses, to bring about one given course of events. */
export class Lab {
  readonly world: World
  readonly network: SimNetwork
  readonly nodes: LabNode[] = []
  readonly #transports = new Map<number, PeerTransport>()
  rule: Rule = () => undefined

  constructor(seed = 1) {
    this.world = new World({ seed })
    this.network = new SimNetwork(this.world)
  }

  /** A lab of so many nodes that know each other and have nothing more to tell. */
  static async of(count: number, offsetsMs: readonly number[] = []): Promise<Lab> {
    const lab = new Lab()
    for (let i = 0; i < count; i++) await lab.add(i, {}, offsetsMs[i])
    await lab.world.runUntil(() => lab.isSettled, 30_000)
    await lab.world.runFor(3000)
    return lab
  }

  get isSettled(): boolean {
    const { nodes } = this
    return nodes.every(({ dht }) => dht.members.length === nodes.length && dht.isSettled)
  }

  /** Starts a node on an empty store; one of the same number that ran before has lost its own. */
  async add(
    index: number,
    options: Partial<Libp2pDHTOptions> = {},
    offsetMs = 0,
  ): Promise<LabNode> {
    const signer = signerOf(index)
    const gate = new ProcessGate()
    const clock = this.world.nodeClock({ gate, offsetMs })
    const random = seededRandom(this.world.random.int(2 ** 31))
    const store = new MemoryStore({ writer: signer.peerId, clock, random })
    await this.world.complete(store.start())
    const transport = this.network.transport(signer.peerId, gate)
    this.#transports.set(index, transport)
    const shared = {
      transport: this.#ruled(transport),
      store,
      signer,
      clock,
      viewStorage: memoryViewStorage(),
      tryMs: TRY_MS,
      compareEveryMs: 100_000,
      timeoutMs: 1000,
      ...options,
    }
    const remake = (): Libp2pDHT => {
      const stream = this.world.stream(`dht ${index} ${this.world.nowMs}`)
      return new Libp2pDHT({ random: stream, ...shared })
    }
    const node = { index, id: signer.peerId, store, dht: remake(), remake }
    this.nodes[index] = node
    await this.world.complete(node.dht.start())
    return node
  }

  /** Stops the node's DHT and starts another one in its place: nothing else of the node changes. */
  async restart(index: number): Promise<LabNode> {
    const node = this.node(index)
    await this.world.complete(node.dht.stop())
    const next = { ...node, dht: node.remake() }
    this.nodes[index] = next
    await this.world.complete(next.dht.start())
    return next
  }

  node(index: number): LabNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`node ${index} does not run`)
    return node
  }

  /** Outcome of work that the world brings to its end: the answer, or the code of the error. */
  async outcome<T>(work: Promise<T>): Promise<T | string> {
    try {
      return await this.world.complete(work, 60_000)
    } catch (error) {
      return String((error as { code?: unknown }).code)
    }
  }

  /** Sends a request to a node in the name of another: by default of any other member. */
  async ask(to: number, request: Request, from = to === 0 ? 1 : 0): Promise<Reply> {
    const transport = this.#transports.get(from)
    if (transport === undefined) throw new Error(`node ${from} does not run`)
    const sent = transport.request(signerOf(to).peerId, KV_PROTOCOL, encodeRequest(request), {
      deadlineMs: TRY_MS,
    })
    return decodeReply(await this.world.complete(sent))
  }

  #indexOf(id: string): number {
    for (let i = 0; i < 8; i++) if (signerOf(i).peerId === id) return i
    return -1
  }

  #ruled(transport: PeerTransport): PeerTransport {
    const from = this.#indexOf(transport.peerId)
    const lost = (): Promise<never> =>
      new Promise((_, reject) => {
        this.world.clock.setTimer(() => {
          reject(baseError('TIMEOUT', 'a rule lost it'))
        }, TRY_MS)
      })
    return {
      peerId: transport.peerId,
      peers: () => transport.peers(),
      onPeerChange: (listener) => transport.onPeerChange(listener),
      handle: (protocol, handler) => transport.handle(protocol, handler),
      request: async (peer, protocol, payload, options) => {
        const fate = this.rule(from, this.#indexOf(peer), decodeRequest(payload))
        if (fate === 'lost') return lost()
        if (fate === 'refused') throw baseError('TIMEOUT', 'a rule refused it')
        if (fate === 'late') await delay(this.world.clock, LATE_MS)
        const answer = await transport.request(peer, protocol, payload, options)
        return fate === 'answer lost' ? lost() : answer
      },
    }
  }
}

/** A key that the members of that many nodes place on the replicas wanted, by their numbers. */
export const keyOn = (
  count: number,
  bucketOf: (key: string) => number,
  isWanted: (replicas: readonly number[]) => boolean,
): { readonly key: string; readonly replicas: readonly number[] } => {
  const ids = Array.from({ length: count }, (_, i) => signerOf(i).peerId)
  const placement = new Placement(ids, 3)
  for (let i = 0; i < 10_000; i++) {
    const key = `k${i}`
    const replicas = placement.of(bucketOf(key)).map((id) => ids.indexOf(id))
    if (isWanted(replicas)) return { key, replicas }
  }
  throw new Error('no key is placed so')
}
