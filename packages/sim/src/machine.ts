import { ProcessGate } from './process-gate.js'
import type { SimClock, SimClockOptions } from './sim-clock.js'
import { SimDisk, type CrashKind, type SimDiskOptions } from './sim-disk.js'
import type { Tearing } from './inode.js'
import type { SimNetwork } from './sim-network.js'
import type { SimTransport } from './sim-transport.js'
import type { World } from './world.js'

export interface MachineOptions {
  readonly world: World
  readonly network: SimNetwork
  readonly peerId: string
  readonly clock?: Omit<SimClockOptions, 'gate'>
  readonly disk?: Omit<SimDiskOptions, 'gate'>
}

/** One run of a process on a machine: what a node is given. */
export interface Boot {
  readonly clock: SimClock
  readonly transport: SimTransport
  readonly disk: SimDisk
}

/**
 * A simulated machine with one process at a time, whose clock, transport and disk live and die
 * together. The disk outlives its processes.
 */
export class Machine {
  readonly peerId: string
  readonly #options: MachineOptions
  #gate = new ProcessGate()
  #disk: SimDisk
  #isUp = false

  constructor(options: MachineOptions) {
    this.peerId = options.peerId
    this.#options = options
    this.#disk = new SimDisk(options.world, { ...options.disk, gate: this.#gate })
  }

  get isUp(): boolean {
    return this.#isUp && this.#gate.state !== 'dead'
  }

  /** The disk of the present process, or the one that the next process finds. */
  get disk(): SimDisk {
    return this.#disk
  }

  /** Starts a process; one that still runs is killed first. */
  boot(): Boot {
    if (this.isUp) this.crash('kill')
    this.#isUp = true
    const { world, network, peerId } = this.#options
    return {
      clock: world.nodeClock({ ...this.#options.clock, gate: this.#gate }),
      transport: network.transport(peerId, this.#gate),
      disk: this.#disk,
    }
  }

  /** Ends the process, by a kill or with the power of the machine. */
  crash(kind: CrashKind = 'power', tearing: Tearing = 'lost'): void {
    if (!this.isUp) return
    const gate = new ProcessGate()
    const next = { ...this.#options.disk, gate }
    this.#disk = this.#disk.crash(kind, { tearing, next })
    this.#gate = gate
    this.#isUp = false
  }

  /** SIGSTOP: timers, messages and disk operations wait. */
  hang(): void {
    this.#gate.freeze()
  }

  resume(): void {
    this.#gate.thaw()
  }
}
