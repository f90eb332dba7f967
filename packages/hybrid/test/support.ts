import { seededRandom, type ModeSetting, type StampedRecord } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { World } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import {
  defineHybrid,
  type Completeness,
  type HybridOf,
  type RealSide,
  type Tuning,
} from '../src/index.js'

export const HybridDHT = defineHybrid<DHT, typeof dhtPort>(dhtPort, ['peerId'])
export type HybridDHT = HybridOf<DHT, typeof dhtPort>

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

/** How the peers behave now. */
export type PeerState = 'up' | 'down' | 'hanging' | 'silent'

/** The peers as one node sees them: a store of their own behind one switch. */
export class FakePeers {
  state: PeerState = 'up'
  /** What a quorum of them holds. */
  readonly records = new Map<string, StampedRecord>()
  /** Refuses these keys for good. */
  readonly refused = new Set<string>()
  readonly applied: StampedRecord[] = []
  readonly changed = new Set<() => void>()
  /** A conditional write is logged before the peers answer, and not after they confirmed it. */
  logsFirst = false
  hasQuorum = true
  isAlone = false
  starts = 0
  stops = 0
  startError: Error | undefined
  hung: (() => void)[] = []

  turn(state: PeerState): void {
    this.state = state
    this.hasQuorum = state === 'up' || state === 'silent' || state === 'hanging'
    if (state === 'up') for (const release of this.hung.splice(0)) release()
    for (const listener of this.changed) listener()
  }

  /** Resolves once the peers answer, or rejects when they are down. */
  async answering(): Promise<void> {
    if (this.state === 'down') throw dhtPort.unavailable('the peers are down')
    if (this.state !== 'up')
      await new Promise<void>((resolve) => {
        this.hung.push(resolve)
      })
  }
}

/** A real side that keeps records of its own, over the switch of {@link FakePeers}. */
export const fakeReal = (peers: FakePeers, store: Store, base: DHT): RealSide<DHT> => {
  const port: DHT = Object.create(base) as DHT
  const newest = (key: string): StampedRecord | undefined => peers.records.get(key)
  Object.assign(port, {
    contract: base.contract,
    start: async () => {
      peers.starts++
      if (peers.startError !== undefined) throw peers.startError
    },
    stop: async () => {
      peers.stops++
    },
    onChange: () => () => {},
    closestPeers: async () => [{ peerId: 'peer', isSelf: false, state: 'connected' }],
    apply: async (record: StampedRecord, options: { level?: unknown } = {}) => {
      if (options.level !== 'local') await peers.answering()
      else if (peers.state !== 'up') return acknowledged(record, store)
      if (peers.refused.has(record.key))
        throw Object.assign(new Error('refused'), {
          code: 'DHT_RECORD_INVALID',
          verdict: 'answered',
        })
      peers.applied.push(record)
      const held = newest(record.key)
      if (
        held === undefined ||
        held.version.wallMs < record.version.wallMs ||
        (held.version.wallMs === record.version.wallMs &&
          held.version.counter < record.version.counter)
      )
        peers.records.set(record.key, record)
      store.markClean([{ key: record.key, version: record.version }])
      return {
        ...acknowledged(record, store),
        level: 'quorum',
        heldBy: [store.writer, 'peer'],
        replicas: 3,
      }
    },
    get: async (key: string) => {
      await peers.answering()
      const record = newest(key)
      return record === undefined || record.deleted ? undefined : record
    },
    put: async (
      key: string,
      value: Uint8Array,
      options: { opId?: string; expectedVersion?: never; signal?: AbortSignal } = {},
    ) => {
      if (!peers.logsFirst) await peers.answering()
      options.signal?.throwIfAborted()
      const append = store.append(
        { key, value },
        { opId: options.opId ?? 'op', expectedVersion: options.expectedVersion },
      )
      await append.committed
      await peers.answering()
      return port.apply(append.record)
    },
  })
  return {
    port,
    reach: {
      get hasQuorum() {
        return peers.hasQuorum
      },
      canReach: () => peers.hasQuorum,
      onChange: (listener) => {
        peers.changed.add(listener)
        return () => peers.changed.delete(listener)
      },
    },
    copyAll: async () => {
      await peers.answering()
      await store.apply([...peers.records.values()])
    },
    isAlone: () => peers.isAlone,
  }
}

const acknowledged = (record: StampedRecord, store: Store) => ({
  key: record.key,
  version: record.version,
  opId: record.opId,
  outcome: 'acknowledged' as const,
  level: 'local' as const,
  heldBy: [store.writer],
  replicas: 1,
  durability: store.durability,
})

export interface Rig {
  readonly world: World
  readonly store: Store
  readonly peers: FakePeers
  readonly dht: HybridDHT
  /** Runs the world while the work goes on. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  /** Lets simulated time pass. */
  readonly pass: (ms: number) => Promise<void>
}

/** One hybrid over a memory store and fake peers, in a simulated world. */
export const createRig = async (
  setting: ModeSetting = { mode: 'hybrid', percent: 100 },
  options: {
    readonly tuning?: Partial<Tuning>
    readonly completeness?: Completeness
    readonly peers?: FakePeers
    readonly start?: boolean
  } = {},
): Promise<Rig> => {
  const world = new World({ seed: 1 })
  const { clock } = world
  const random = seededRandom(1)
  const store = new MemoryStore({ writer: 'me', clock, random })
  await store.start()
  const peers = options.peers ?? new FakePeers()
  const dht = new HybridDHT({
    component: 'dht',
    mock: new MockDHT({ store, clock, random }),
    real: () => fakeReal(peers, store, new MockDHT({ store, clock, random })),
    store,
    setting,
    clock,
    random,
    ...(options.completeness !== undefined && { completeness: options.completeness }),
    ...(options.tuning !== undefined && { tuning: options.tuning }),
    onListenerError: (error) => {
      throw error
    },
  })
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    const stopWorld = world.drive()
    try {
      return await work()
    } finally {
      stopWorld()
    }
  }
  const pass = (ms: number): Promise<void> =>
    run(() => new Promise<void>((resolve) => void world.after(ms, resolve, 'pass')))
  if (options.start !== false) await run(() => dht.start())
  return { world, store, peers, dht, run, pass }
}
