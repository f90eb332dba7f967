import { describe, it, jest } from '@jest/globals'
import { seededRandom, type ModeSetting, type Random } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { dhtContract, type DhtContractOptions } from '@bzzz/dht-core/contract'
import { createMockNetwork, MockDHT } from '@bzzz/dht-mock'
import { faulty, ProcessGate, World, type FaultPlan } from '@bzzz/sim'
import { MemoryStore, type Store } from '@bzzz/store'
import { instrument, MetricRegistry, PortMetrics } from '@bzzz/telemetry'
import { persistent } from './persistent.js'
import { HybridDHT } from './support.js'
import { digestOf } from './digest.js'

// A caller who tries again through faults makes some hundred times the calls.
jest.setTimeout(60_000)

interface Member {
  readonly dht: HybridDHT
  readonly gate: ProcessGate
  readonly store: Store
  real: MockDHT | undefined
}

interface Variant {
  readonly setting: ModeSetting
  readonly seed?: number
  /** What goes wrong between hybrid and real side. */
  readonly faults?: (world: World) => FaultPlan<DHT>
  /** What the suite sees of a node. */
  readonly seen?: (dht: HybridDHT, world: World, count: number) => DHT
}

/** Nodes of a network, each a hybrid whose real side joins the others over its own store. */
const between = (name: string, variant: Variant): DhtContractOptions => {
  const { setting, seed = 11, faults, seen = (dht) => dht } = variant
  const world = new World({ seed })
  const { clock } = world
  let made = 0
  // Two nodes of one seed would name their operations alike.
  const nextRandom = (): Random => seededRandom(seed * 100_000 + made++)
  const create = (peerId: string, realOf: (store: Store, gate: ProcessGate) => MockDHT): Member => {
    const random = nextRandom()
    const gate = new ProcessGate()
    const store = new MemoryStore({ writer: peerId, clock, random })
    const member: Member = {
      gate,
      store,
      real: undefined,
      dht: new HybridDHT({
        component: 'dht',
        mock: new MockDHT({ store, clock, random }),
        real: () => {
          const real = realOf(store, gate)
          member.real = real
          const port = faults === undefined ? real : faulty<DHT>(dhtPort, real, faults(world))
          return {
            port,
            reach: real.reach,
            confirm: (keys, options) => real.confirm(keys, options),
            copyAll: (options) => real.copyAll(options),
          }
        },
        store,
        setting,
        clock,
        random,
      }),
    }
    return member
  }
  const pass = (ms: number): Promise<void> =>
    new Promise<void>((resolve) => void world.after(ms, resolve, 'pass'))
  return {
    name,
    nodeCounts: [1, 3, 5],
    durability: 'memory',
    supports: { partition: faults === undefined, crash: true, fallsBack: true },
    createNetwork: async (count) => {
      const stopWorld = world.drive()
      const network = createMockNetwork({ ground: world, count, roundTripMs: 1 })
      const members = network.peerIds.map((peerId) =>
        create(peerId, (store, gate) =>
          network.join(peerId, { store, gate, clock, random: nextRandom() }),
        ),
      )
      for (const { store, dht } of members) {
        await store.start()
        await dht.start()
      }
      const serving = (): boolean => members.every(({ dht }) => dht.controls.phase === 'real')
      if (faults === undefined) for (let i = 0; i < 1_000 && !serving(); i++) await pass(10)
      const isQuiet = (at: number): boolean => {
        const member = members[at]
        if (member === undefined) return true
        const { real, gate, dht } = member
        const isOpen = (other: string): boolean =>
          network.network.isOpen(network.peerIds[at] ?? '', other)
        if (gate.state !== 'running') return true
        return (real?.isQuiet(isOpen) ?? true) && dht.controls.backlog().keys === 0
      }
      return {
        nodes: members.map(({ dht }) => seen(dht, world, count)),
        settle: async () => {
          let quiet = 0
          for (let look = 0; quiet < 2; look++) {
            if (look > 10_000) throw new Error('the network does not come to rest')
            await pass(10)
            quiet = members.every((_, at) => isQuiet(at)) ? quiet + 1 : 0
          }
        },
        stop: async () => {
          for (const { dht, store, gate } of members)
            if (gate.state !== 'dead') {
              await dht.stop()
              await store.stop()
            }
          stopWorld()
        },
        isolate: async (at) => {
          network.isolate(at)
        },
        heal: async () => {
          network.heal()
        },
        crash: async (at) => {
          members[at]?.gate.kill()
        },
        digest: async (at) => {
          const member = members[at]
          return member === undefined ? '' : digestOf(member.store)
        },
      }
    },
    createNode: async () => {
      const network = createMockNetwork({ ground: world, count: 1 })
      const [peerId = ''] = network.peerIds
      const { dht, store } = create(peerId, (of, gate) =>
        network.join(peerId, { store: of, gate, clock, random: nextRandom() }),
      )
      await store.start()
      return seen(dht, world, 1)
    },
    advance: async (ms) => {
      const stopWorld = world.drive()
      await pass(ms)
      stopWorld()
    },
  }
}

const plannedOutage = (): unknown => dhtPort.unavailable('a planned outage')

/** Two callers of one seed would name their operations alike. */
let callers = 0

const tireless = (dht: DHT, { clock }: World, count: number): DHT =>
  persistent(dht, clock, seededRandom(++callers), Math.min(3, count))

const all: ModeSetting = { mode: 'hybrid', percent: 100 }

dhtContract(
  { describe, it },
  between('hybrid in mode real', { setting: { mode: 'real', percent: 100 } }),
)
dhtContract({ describe, it }, between('hybrid at 100 %', { setting: all }))
dhtContract(
  { describe, it },
  between('hybrid at 40 %, levels named', {
    setting: { mode: 'hybrid', percent: 40 },
    seen: tireless,
  }),
)
dhtContract(
  { describe, it },
  between('shadowing hybrid, levels named', {
    setting: { mode: 'shadow', percent: 100 },
    seen: tireless,
  }),
)

dhtContract(
  { describe, it },
  between('hybrid over a flapping real side', {
    setting: all,
    seen: tireless,
    faults: ({ clock }) => {
      let isDown = false
      const turn = (): void => {
        isDown = !isDown
        clock.setTimer(turn, 40)
      }
      turn()
      return { every: [{ isStruck: () => isDown, fault: plannedOutage }] }
    },
  }),
)

for (const seed of [21, 22, 23])
  dhtContract(
    { describe, it },
    between(`hybrid over a faulty real side, seed ${seed}`, {
      setting: all,
      seed,
      seen: tireless,
      faults: ({ clock }) => ({
        clock,
        random: seededRandom(seed),
        every: [
          { probability: 0.1, fault: 'unavailable' },
          { probability: 0.1, fault: 'lost-reply' },
          { probability: 0.02, fault: 'hang' },
          { probability: 0.3, delayMaxMs: 30 },
        ],
      }),
    }),
  )

dhtContract(
  { describe, it },
  between('instrumented hybrid', {
    setting: all,
    seen: (dht, { clock }) =>
      instrument<DHT>(dhtPort, dht, new PortMetrics(new MetricRegistry()), {
        component: 'dht',
        clock,
      }),
  }),
)
