import { messageOf, type Clock, type ModeSetting, type Random } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { defineHybrid, type HybridOf } from '@bzzz/hybrid'
import {
  ProcessGate,
  SimDisk,
  type CrashKind,
  type SimClock,
  type Tearing,
  type World,
} from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import type { Ground } from './ground.js'
import type { History } from './history.js'
import type { States } from './states.js'

export const HybridDHT = defineHybrid<DHT, typeof dhtPort>(dhtPort, ['peerId'])
export type HybridDHT = HybridOf<DHT, typeof dhtPort>

/** One run of a node. */
export interface Process {
  readonly gate: ProcessGate
  readonly clock: SimClock
  readonly store: LogStore
  readonly dht: HybridDHT
  /** Counts the runs on this machine, from 1. */
  readonly boot: number
}

export interface SiteOptions {
  readonly world: World
  readonly ground: Ground
  readonly history: History
  readonly states: States
  readonly index: number
  readonly peerId: string
  readonly offsetMs: number
  readonly setting: ModeSetting
  readonly tearing: Tearing
  readonly segmentBytes: number
}

/** How often a process that could not start is started again. */
const RESTART_MS = 200

/** The work's outcome, or undefined when the process dies first. */
export const whileAlive = <T>(gate: ProcessGate, work: Promise<T>): Promise<T | undefined> => {
  if (gate.state === 'dead') return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const stop = gate.onChange((state) => {
      if (state !== 'dead') return
      stop()
      resolve(undefined)
    })
    work.finally(stop).then(resolve, reject)
  })
}

/** Blocks that only fill a disk need not be random where the disk is simulated. */
const sparing = (random: Random): Random => ({
  ...random,
  bytes: (length) => (length > 1024 ? new Uint8Array(length) : random.bytes(length)),
})

/** A machine with one node at a time, whose disk and settings outlive it. */
export class Site {
  readonly index: number
  readonly peerId: string
  readonly #options: SiteOptions
  readonly #problems: string[] = []
  #gate = new ProcessGate()
  #disk: SimDisk
  #process: Process | undefined
  #booting: ProcessGate | undefined
  #isComplete = true
  #boots = 0
  #offsetMs: number
  /** From the beginning of its leaving the mesh for mode `mock` to its return. */
  isAway: boolean
  /** When it last began to leave. */
  leftMs = 0
  /** What the node starts with: the last mode that took effect. */
  setting: ModeSetting
  /** Raised by every stay in mode `mock`, so that calls can tell whether they saw one. */
  stays = 0
  /** What is left of the disk that the run before the last one used. */
  #backups: { readonly epoch: number; readonly restore: (gate: ProcessGate) => SimDisk }[] = []

  constructor(options: SiteOptions) {
    this.#options = options
    this.index = options.index
    this.peerId = options.peerId
    this.setting = options.setting
    this.#offsetMs = options.offsetMs
    this.#disk = new SimDisk(options.world, { gate: this.#gate })
    this.isAway = options.setting.mode === 'mock'
  }

  get process(): Process | undefined {
    return this.#gate.state === 'dead' ? undefined : this.#process
  }

  get isUp(): boolean {
    return this.process !== undefined
  }

  get disk(): SimDisk {
    return this.#disk
  }

  get gate(): ProcessGate {
    return this.#gate
  }

  /** Why starts have failed. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** Starts a process, again and again until it starts or is killed. */
  async boot(): Promise<void> {
    const gate = this.#gate
    const { world } = this.#options
    if (this.#booting === gate) return
    this.#booting = gate
    while (gate.state !== 'dead' && this.#process === undefined) {
      try {
        await whileAlive(gate, this.#start(gate, this.#disk))
      } catch (error) {
        this.#problems.push(messageOf(error))
        await new Promise<void>((resolve) => {
          world.clock.setTimer(resolve, RESTART_MS)
        })
      }
    }
  }

  /** Ends the process, and leaves the machine as the next one finds it. */
  crash(kind: CrashKind): void {
    const before = this.#process
    const { tearing } = this.#options
    const old = this.#disk
    this.#gate = new ProcessGate()
    const next = { gate: this.#gate }
    this.#disk = old.crash(kind, { tearing, next })
    this.#process = undefined
    if (before !== undefined && before.store.state === 'ready')
      this.#backups.push({
        epoch: before.store.epoch,
        restore: (gate) => old.crash('kill', { next: { gate } }),
      })
  }

  hang(): void {
    this.#gate.freeze()
  }

  resume(): void {
    this.#gate.thaw()
  }

  jumpClock(byMs: number): void {
    this.#offsetMs += byMs
    this.#process?.clock.jumpWall(byMs)
  }

  /** An old copy of the disk, of two runs ago at least: one start after it is still below the present epoch. */
  get hasBackup(): boolean {
    return this.#oldBackup() !== undefined
  }

  /** Starts a node from an old copy of the disk. */
  async bootZombie(): Promise<Process | undefined> {
    const backup = this.#oldBackup()
    if (backup === undefined) return undefined
    const gate = new ProcessGate()
    const wasComplete = this.#isComplete
    try {
      return await whileAlive(gate, this.#start(gate, backup.restore(gate), true))
    } finally {
      this.#isComplete = wasComplete
    }
  }

  #oldBackup() {
    const epoch = this.#process?.store.epoch ?? this.#lastEpoch
    return this.#backups.find((backup) => backup.epoch + 1 < epoch)
  }

  get #lastEpoch(): number {
    return this.#backups.at(-1)?.epoch ?? 0
  }

  async #start(gate: ProcessGate, disk: SimDisk, isZombie = false): Promise<Process> {
    const { world, segmentBytes, states } = this.#options
    const clock = world.nodeClock({ gate, offsetMs: this.#offsetMs })
    const boot = ++this.#boots
    const random = sparing(world.stream(`${this.peerId} ${boot}`))
    const store = new LogStore({
      writer: this.peerId,
      disk,
      clock,
      random,
      segmentBytes,
      ballastBytes: 64,
      cacheBytesMax: 4096,
    })
    await store.start()
    if (!isZombie) await this.#tell(store)
    const dht = this.#hybridOver(store, gate, clock)
    dht.controls.on('switched', (event) => {
      if (event.kind !== 'backend-switched') return
      states('a node fell back by itself', event.to === 'store')
      states('real served again after a fallback', event.to === 'real')
    })
    await dht.start()
    const process = { gate, clock, store, dht, boot }
    if (!isZombie) this.#process = process
    return process
  }

  /** Of every operation that the store holds, or commits from now on. */
  async #tell(store: LogStore): Promise<void> {
    const { history } = this.#options
    store.onCommit(({ opId, version }) => {
      history.committed(opId, version)
    })
    // What a start recovers was not always told as committed before.
    for (const key of history.keys) {
      const record = await store.read(key)
      if (record !== undefined) history.committed(record.opId, record.version)
    }
  }

  #hybridOver(store: LogStore, gate: ProcessGate, clock: Clock): HybridDHT {
    const { world, ground } = this.#options
    const random = world.stream(`hybrid ${this.peerId} ${this.#boots}`)
    const real = ground.sidesOf({ peerId: this.peerId, store, clock, random, gate })
    return new HybridDHT({
      component: 'dht',
      mock: new MockDHT({ store, clock, random }),
      real,
      store,
      setting: this.setting,
      clock,
      random,
      completeness: {
        load: () => Promise.resolve(this.#isComplete),
        save: (isComplete) => {
          this.#isComplete = isComplete
          return Promise.resolve()
        },
      },
      onListenerError: (error) => {
        world.fail(error)
      },
    })
  }
}
