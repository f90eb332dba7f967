import {
  Emitter,
  Service,
  type Cancel,
  type Clock,
  type Listener,
  type Unsubscribe,
} from '@bzzz/base'
import { coordinatorError } from '../errors.js'
import type { Log } from '../log.js'
import type { Audit } from './audit.js'
import { componentNamed, type Component } from './component.js'
import type { Drill, DrillFault } from './drill.js'

export interface DrillDeskOptions {
  readonly components: readonly Component[]
  readonly clock: Clock
  readonly audit: Audit
  readonly log: Log
}

export interface DrillOrder {
  /** Default `dht`. */
  readonly component?: string | undefined
  readonly fault: DrillFault
  readonly forMs: number
  /** Default 1. */
  readonly share?: number | undefined
  /** Default 200. */
  readonly latencyMs?: number | undefined
  readonly actor: string
}

export interface DrillChange {
  readonly kind: 'drill-started' | 'drill-ended'
  readonly drill: Drill
  readonly reason: string
}

const DEFAULT_LATENCY_MS = 200

/** A fault that is put on to see how the node takes it; never silently, and never for good. */
export class DrillDesk extends Service {
  readonly #options: DrillDeskOptions
  readonly #on = new Map<string, { readonly drill: Drill; readonly cancelEnd: Cancel }>()
  readonly #events: Emitter<{ changed: DrillChange }>

  constructor(options: DrillDeskOptions) {
    super('the drills')
    this.#options = options
    this.#events = new Emitter((error) => {
      options.log.error('a listener of the drills failed', { error })
    })
  }

  list(): readonly Drill[] {
    return [...this.#on.values()].map(({ drill }) => drill)
  }

  isOn(component: string): boolean {
    return this.#on.has(component)
  }

  onChange(listener: Listener<DrillChange>): Unsubscribe {
    return this.#events.on('changed', listener)
  }

  /** Rejects with `API_COMPONENT_UNKNOWN`, `DRILL_RUNNING` or `DRILL_WITHOUT_EFFECT`. */
  async begin(order: DrillOrder): Promise<void> {
    this.assertStarted()
    const { components, clock, audit } = this.#options
    const component = componentNamed(components, order.component ?? 'dht')
    const { fault, forMs, share = 1, latencyMs = DEFAULT_LATENCY_MS, actor } = order
    this.#assertPossible(component)
    await audit.action(actor, component.name, 'drill-start', { fault, forMs, share, latencyMs })
    // Another may have begun, or the node stopped, while the entry was written.
    this.assertStarted()
    this.#assertPossible(component)
    const startedAtMs = clock.nowMs()
    const drill: Drill = {
      component: component.name,
      fault,
      share,
      latencyMs: fault === 'latency' ? latencyMs : undefined,
      startedAtMs,
      endsAtMs: startedAtMs + forMs,
      actor,
    }
    const cancelEnd = clock.setTimer(() => {
      this.#end(component, 'its time is over')
    }, forMs)
    this.#on.set(component.name, { drill, cancelEnd })
    component.drills.use(drill)
    this.#tell({ kind: 'drill-started', drill, reason: `asked for by ${actor}` })
  }

  /** Ends the drill of one component, or of all. Rejects with `API_COMPONENT_UNKNOWN`. */
  async end(actor: string, name: string | undefined): Promise<void> {
    const { components, audit } = this.#options
    const chosen = name === undefined ? components : [componentNamed(components, name)]
    for (const component of chosen) {
      if (!this.#on.has(component.name)) continue
      // Off first: no failure of the audit file keeps a fault on.
      this.#end(component, `stopped by ${actor}`)
      await audit.action(actor, component.name, 'drill-stop', {})
    }
  }

  protected async onStart(): Promise<void> {}

  protected async onStop(): Promise<void> {
    for (const component of this.#options.components) this.#end(component, 'the node stops')
    this.#events.clear()
  }

  #assertPossible({ name, controls }: Component): void {
    if (this.#on.has(name))
      throw coordinatorError('DRILL_RUNNING', `a drill of ${name} is on: end it first`)
    if (controls.setting.mode === 'mock')
      throw coordinatorError(
        'DRILL_WITHOUT_EFFECT',
        `${name} is in mode mock and asks no peers: there is nothing to disturb`,
      )
  }

  #end(component: Component, reason: string): void {
    const on = this.#on.get(component.name)
    if (on === undefined) return
    on.cancelEnd()
    this.#on.delete(component.name)
    component.drills.use(undefined)
    this.#tell({ kind: 'drill-ended', drill: on.drill, reason })
  }

  #tell(change: DrillChange): void {
    const { component, fault, endsAtMs } = change.drill
    this.#options.log.warn(change.kind === 'drill-started' ? 'drill started' : 'drill ended', {
      component,
      fault,
      reason: change.reason,
      endsAt: new Date(endsAtMs).toISOString(),
    })
    this.#events.emit('changed', change)
  }
}
