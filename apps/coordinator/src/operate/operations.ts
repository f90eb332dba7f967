import type { Clock, Startable, Unsubscribe } from '@bzzz/base'
import { Service } from '@bzzz/base'
import type { SwitchEvent } from '@bzzz/hybrid'
import type { ActiveAlert, AlertMonitor } from '@bzzz/telemetry'
import type { EventSource } from '../http/event-streams.js'
import type { Log } from '../log.js'
import { Audit } from './audit.js'
import type { AuditService } from './audit-service.js'
import type { Component } from './component.js'
import { DrillDesk } from './drill-desk.js'
import { ModeDesk } from './mode-desk.js'
import type { SettingSources } from './setting-sources.js'
import { alertItem, drillItem, switchItem } from './switch-items.js'
import { SwitchLog } from './switch-log.js'

export interface OperationsOptions {
  readonly components: readonly Component[]
  readonly audit: AuditService
  /** Names this run of the node in the ids of events. */
  readonly runId: string
  readonly sources: SettingSources
  readonly clock: Clock
  readonly log: Log
}

/** What operators see and do: modes, drills, and the events of both. */
export class Operations {
  readonly #options: OperationsOptions
  readonly #switches: SwitchLog
  readonly #drills: DrillDesk
  readonly #desk: ModeDesk

  constructor(options: OperationsOptions) {
    this.#options = options
    const { components, runId, sources, clock, log } = options
    this.#switches = new SwitchLog({
      clock,
      runId,
      onListenerError: (error) => {
        log.error('a listener of the switches failed', { error })
      },
    })
    const audit = new Audit(options.audit, clock)
    this.#drills = new DrillDesk({ components, clock, audit, log })
    this.#desk = new ModeDesk({ components, sources, clock, audit, log })
  }

  /** What runs before the components do, and longer. */
  get before(): readonly Startable[] {
    return [new Following(() => this.#follow())]
  }

  /** What needs the components. */
  get after(): readonly Startable[] {
    return [this.#drills]
  }

  get desk(): ModeDesk {
    return this.#desk
  }

  get drills(): DrillDesk {
    return this.#drills
  }

  /** Puts down what the monitor tells, before it starts. */
  followAlerts(monitor: AlertMonitor): void {
    const { log } = this.#options
    const tell = (
      kind: 'alert-fired' | 'alert-cleared',
      alert: ActiveAlert,
      atMs: number,
    ): void => {
      this.#switches.add(alertItem(kind, alert, atMs))
      const { name, severity, labels, summary } = alert
      log[kind === 'alert-fired' ? 'warn' : 'info'](kind, { name, severity, ...labels, summary })
    }
    monitor.on('alert-fired', (alert) => {
      tell('alert-fired', alert, alert.sinceMs)
    })
    monitor.on('alert-cleared', (alert) => {
      tell('alert-cleared', alert, alert.clearedAtMs)
    })
  }

  get streams(): { readonly switches: EventSource } {
    return { switches: this.#switches }
  }

  /** Puts down what happens to the components, and logs it. */
  #follow(): readonly Unsubscribe[] {
    const { components, clock } = this.#options
    return [
      ...components.map(({ controls }) =>
        controls.on('switched', (event) => {
          this.#switches.add(switchItem(event))
          this.#logSwitch(event)
        }),
      ),
      this.#drills.onChange((change) => {
        this.#switches.add(drillItem(change, clock.nowMs()))
      }),
    ]
  }

  #logSwitch({ kind, component, from, to, reason, id }: SwitchEvent): void {
    const isFallback = kind === 'backend-switched' && to === 'store'
    this.#options.log[isFallback ? 'warn' : 'info'](kind, { component, id, from, to, reason })
  }
}

/** Subscriptions as a part of a node. */
class Following extends Service {
  readonly #begin: () => readonly Unsubscribe[]
  #ends: readonly Unsubscribe[] = []

  constructor(begin: () => readonly Unsubscribe[]) {
    super('the log of switches')
    this.#begin = begin
  }

  protected async onStart(): Promise<void> {
    this.#ends = this.#begin()
  }

  protected async onStop(): Promise<void> {
    for (const end of this.#ends) end()
  }
}
