import { jest } from '@jest/globals'
import { standIn, type Clock, type ModeSetting } from '@bzzz/base'
import type { DHT } from '@bzzz/dht-core'
import { createMockNetwork, MockDHT, type MockNetwork } from '@bzzz/dht-mock'
import { ProcessGate, SimDisk, World, type CrashKind } from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import type { Completeness, HybridControls, RealSide, SwitchEvent, Tuning } from '../src/index.js'
import { HybridDHT } from './support.js'

// Simulated time costs little, but a busy machine may stretch it.
jest.setTimeout(30_000)

type Op = 'get' | 'put' | 'delete' | 'apply' | 'confirm' | 'copyAll'

export interface TapCall {
  readonly op: Op
  readonly args: readonly unknown[]
}

/** Stands between one hybrid and its real side: sees every call, and may hold or spoil it. */
export class Tap {
  readonly calls: TapCall[] = []
  /** Runs before a call reaches real. */
  before: (call: TapCall) => Promise<void> | void = () => {}
  /** Runs before real's answer reaches the hybrid. */
  after: (call: TapCall) => Promise<void> | void = () => {}
  /** What the hybrid is given for real's answer. */
  swap: (call: TapCall, answer: unknown) => unknown = (_call, answer) => answer

  count(op: Op): number {
    return this.calls.filter((call) => call.op === op).length
  }

  async pass<T>(op: Op, args: readonly unknown[], call: () => Promise<T>): Promise<T> {
    const seen = { op, args }
    this.calls.push(seen)
    await this.before(seen)
    const answer = await call()
    await this.after(seen)
    return this.swap(seen, answer) as T
  }
}

/** Something that calls wait at until it opens. */
export class Gate {
  readonly opened: Promise<void>
  #resolve: (() => void) | undefined

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  open(): void {
    this.#resolve?.()
  }
}

export interface LabOptions {
  readonly nodes?: number
  readonly setting?: ModeSetting
  readonly tuning?: Partial<Tuning>
  readonly seed?: number
  /** Milliseconds from a request to its answer. Default 2. */
  readonly roundTripMs?: number
  /** A node's wall clock is ahead of the world's by this. Default 0. */
  readonly clockOffsetMs?: (peerId: string) => number
  /** False: nothing starts by itself. */
  readonly starts?: boolean
}

/** Remembers over restarts, as the file of a coordinator does. */
const remembered = (): Completeness => {
  let isComplete = true
  return {
    load: () => Promise.resolve(isComplete),
    save: async (next) => {
      isComplete = next
    },
  }
}

/** One machine of the lab: a disk, and a process that may be stopped, killed and started again. */
export class LabNode {
  readonly tap = new Tap()
  readonly switches: SwitchEvent[] = []
  readonly completeness = remembered()
  gate = new ProcessGate()
  disk: SimDisk
  store!: LogStore
  dht!: HybridDHT
  real: MockDHT | undefined
  /** No real side can be made. */
  failsToJoin = false
  readonly #world: World
  readonly #network: MockNetwork
  readonly #options: LabOptions
  #runs = 0
  #isUp = false
  readonly peerId: string

  constructor(world: World, network: MockNetwork, peerId: string, options: LabOptions) {
    this.#world = world
    this.#network = network
    this.#options = options
    this.peerId = peerId
    this.disk = new SimDisk(world, { gate: this.gate })
    this.make()
  }

  get controls(): HybridControls {
    return this.dht.controls
  }

  /** A process over the disk as it is. */
  make(setting: ModeSetting = this.#options.setting ?? { mode: 'hybrid', percent: 100 }): void {
    const { disk, peerId } = this
    const clock = this.#clock()
    const random = this.#world.stream(`${peerId} ${++this.#runs}`)
    const store = new LogStore({ writer: peerId, clock, random, disk })
    this.store = store
    this.dht = new HybridDHT({
      component: 'dht',
      mock: new MockDHT({ store, clock, random }),
      real: () => this.#real(),
      store,
      setting,
      completeness: this.completeness,
      clock,
      random,
      ...(this.#options.tuning !== undefined && { tuning: this.#options.tuning }),
      onListenerError: (error) => {
        throw error
      },
    })
    this.dht.controls.on('switched', (event) => {
      this.switches.push(event)
    })
  }

  async start(): Promise<void> {
    this.#isUp = true
    await this.store.start()
    await this.dht.start()
  }

  async stop(): Promise<void> {
    if (!this.#isUp) return
    this.#isUp = false
    await this.dht.stop()
    await this.store.stop()
  }

  /** Ends the process; `again` starts the next one over what the disk kept. */
  kill(kind: CrashKind = 'kill'): void {
    this.#isUp = false
    const next = new ProcessGate()
    this.disk = this.disk.crash(kind, { next: { gate: next } })
    this.gate.kill()
    this.gate = next
  }

  async again(setting?: ModeSetting): Promise<void> {
    this.make(setting)
    await this.start()
  }

  /** What the disk holds now, as a backup made while the process runs. */
  async backup(): Promise<ReadonlyMap<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>()
    for (const name of await this.disk.list())
      files.set(name, (await this.disk.readFile(name)) ?? new Uint8Array())
    return files
  }

  /** Another machine's process under the same identity, over a backup; this one goes on as it is. */
  async twin(backup: ReadonlyMap<string, Uint8Array>): Promise<LabNode> {
    const twin = new LabNode(this.#world, this.#network, this.peerId, this.#options)
    for (const [name, bytes] of backup) {
      const file = await twin.disk.open(name, { create: true })
      await file.append(bytes)
      await file.sync()
      await file.close()
    }
    await twin.disk.syncDirectory()
    return twin
  }

  #clock(): Clock {
    const offsetMs = this.#options.clockOffsetMs?.(this.peerId) ?? 0
    return this.#world.nodeClock({ gate: this.gate, offsetMs })
  }

  #real(): RealSide<DHT> {
    if (this.failsToJoin) throw new Error('no network')
    const { tap, store } = this
    const clock = this.#clock()
    const random = this.#world.stream(`${this.peerId} real ${++this.#runs}`)
    const options = { store, clock, random, gate: this.gate, pumpsDirty: false }
    const real = this.#network.join(this.peerId, options)
    this.real = real
    const port: DHT = standIn<DHT>(real, {
      get: (...args) => tap.pass('get', args, () => real.get(...(args as Parameters<DHT['get']>))),
      put: (...args) => tap.pass('put', args, () => real.put(...(args as Parameters<DHT['put']>))),
      delete: (...args) =>
        tap.pass('delete', args, () => real.delete(...(args as Parameters<DHT['delete']>))),
      apply: (...args) =>
        tap.pass('apply', args, () => real.apply(...(args as Parameters<DHT['apply']>))),
    })
    return {
      port,
      reach: real.reach,
      confirm: (keys, given) => tap.pass('confirm', [keys], () => real.confirm(keys, given)),
      copyAll: (given) => tap.pass('copyAll', [], () => real.copyAll(given)),
    }
  }
}

/** Hybrids in a simulated network, each over its own disk. */
export class Lab {
  readonly world: World
  readonly network: MockNetwork
  readonly nodes: readonly LabNode[]

  constructor(options: LabOptions) {
    const { nodes: count = 3, roundTripMs = 2, seed = 1 } = options
    this.world = new World({ seed })
    this.network = createMockNetwork({ ground: this.world, count, roundTripMs })
    this.nodes = this.network.peerIds.map(
      (peerId) => new LabNode(this.world, this.network, peerId, options),
    )
  }

  node(at: number): LabNode {
    const node = this.nodes[at]
    if (node === undefined) throw new RangeError(`there is no node ${at}`)
    return node
  }

  get nowMs(): number {
    return this.world.nowMs
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.after(ms, resolve, 'pass'))
  }

  /** Lets simulated time pass until the condition holds, or fails after the bound. */
  async until(condition: () => boolean, what: string, boundMs = 20_000): Promise<void> {
    const untilMs = this.nowMs + boundMs
    while (!condition()) {
      if (this.nowMs >= untilMs) throw new Error(`not within ${boundMs} ms: ${what}`)
      await this.pass(1)
    }
  }

  serving(...at: readonly number[]): Promise<void> {
    return this.until(
      () => at.every((i) => this.node(i).controls.phase === 'real'),
      `real serves at ${at.join(', ')}`,
    )
  }

  /** Cuts a node off from all others. */
  isolate(at: number): void {
    this.network.isolate(at)
  }

  heal(): void {
    this.network.heal()
  }
}

/** Runs a test in a lab, and stops everything afterwards. */
export const withLab = async (
  options: LabOptions,
  test: (lab: Lab) => Promise<void>,
): Promise<void> => {
  const lab = new Lab(options)
  const stopWorld = lab.world.drive()
  try {
    if (options.starts !== false) {
      for (const node of lab.nodes) await node.start()
      if (options.setting === undefined) await lab.serving(...lab.nodes.keys())
    }
    await test(lab)
    lab.heal()
    for (const node of lab.nodes) {
      node.tap.before = () => {}
      node.tap.after = () => {}
      node.tap.swap = (_call, answer) => answer
      await node.stop()
    }
  } finally {
    stopWorld()
  }
}
