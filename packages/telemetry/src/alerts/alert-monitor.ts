import {
  Emitter,
  Service,
  type Cancel,
  type Clock,
  type Listener,
  type Unsubscribe,
} from '@bzzz/base'
import { telemetryError } from '../errors.js'
import type { Labels } from '../metrics/family.js'
import type { MetricRegistry } from '../metrics/registry.js'
import { metricsOf, termsOf, type AlertRule, type AlertSeverity } from './alert-rule.js'
import { ALERT_RULES } from './alert-rules.js'
import { NO_ALERTS, stepAlerts, type AlertState, type HeldAlert } from './step-alerts.js'

/** An alert that fires. */
export interface ActiveAlert {
  readonly name: string
  readonly severity: AlertSeverity
  readonly summary: string
  readonly remedy: string
  /** Whose it is: `{ component: 'dht' }`. Empty for the node as a whole. */
  readonly labels: Labels
  /** What its condition compares: the latest value or, of one that cleared, the last that held. */
  readonly value: number
  /** Wall milliseconds. */
  readonly sinceMs: number
}

export interface AlertEvents {
  'alert-fired': ActiveAlert
  'alert-cleared': ActiveAlert & { readonly clearedAtMs: number }
}

export interface AlertMonitorOptions {
  readonly registry: MetricRegistry
  readonly clock: Clock
  /** Default: {@link ALERT_RULES}. */
  readonly rules?: readonly AlertRule[]
  /** Between two evaluations, milliseconds. Default 1,000. */
  readonly intervalMs?: number
  /** Where an exception of a listener goes. Must not throw. */
  readonly onListenerError: (error: unknown) => void
}

const assertRules = (rules: readonly AlertRule[]): void => {
  const names = new Set<string>()
  for (const { name, forMs, when } of rules) {
    if (names.has(name)) throw telemetryError('ALERT_RULE_INVALID', `two rules are named ${name}`)
    names.add(name)
    const overMs = termsOf(when).flatMap(({ increaseOverMs }) => increaseOverMs ?? [])
    if (!(forMs >= 0) || overMs.some((each) => !(each > 0)))
      throw telemetryError('ALERT_RULE_INVALID', `the times of ${name} must not be negative`)
  }
}

/** Evaluates the rules over the metrics of this process, in turns, from the start on. */
export class AlertMonitor extends Service {
  readonly #options: AlertMonitorOptions
  readonly #rules: readonly AlertRule[]
  readonly #wanted: ReadonlySet<string>
  readonly #events: Emitter<AlertEvents>
  readonly #sinceMs = new Map<string, number>()
  #state: AlertState = NO_ALERTS
  #cancelTimer: Cancel = () => {}

  /** Throws `ALERT_RULE_INVALID`. */
  constructor(options: AlertMonitorOptions) {
    super('the alert monitor')
    this.#options = options
    this.#rules = options.rules ?? ALERT_RULES
    assertRules(this.#rules)
    this.#wanted = metricsOf(this.#rules)
    this.#events = new Emitter(options.onListenerError)
  }

  /** What fires now, in the order of the rules. */
  active(): ActiveAlert[] {
    return Array.from(this.#state.held)
      .filter(([, { isFiring }]) => isFiring)
      .map(([key, alert]) => this.#shown(key, alert))
  }

  on<K extends keyof AlertEvents>(name: K, listener: Listener<AlertEvents[K]>): Unsubscribe {
    return this.#events.on(name, listener)
  }

  protected async onStart(): Promise<void> {
    this.#evaluate()
  }

  protected async onStop(): Promise<void> {
    this.#cancelTimer()
    this.#events.clear()
  }

  #evaluate(): void {
    const { registry, clock, intervalMs = 1000 } = this.#options
    // Before the listeners: one that stops the monitor must find the timer to cancel.
    this.#cancelTimer = clock.setTimer(() => {
      this.#evaluate()
    }, intervalMs)
    const snapshots = registry.collect(this.#wanted)
    const { state, events } = stepAlerts(this.#rules, this.#state, snapshots, clock.monotonicMs())
    this.#state = state
    const nowMs = clock.nowMs()
    for (const { key, kind, alert } of events) {
      if (kind === 'fired') {
        this.#sinceMs.set(key, nowMs)
        this.#events.emit('alert-fired', this.#shown(key, alert))
      } else {
        const shown = this.#shown(key, alert)
        this.#sinceMs.delete(key)
        this.#events.emit('alert-cleared', { ...shown, clearedAtMs: nowMs })
      }
    }
  }

  #shown(key: string, { rule, labels, value }: HeldAlert): ActiveAlert {
    const { name, severity, summary, remedy } = rule
    const sinceMs = this.#sinceMs.get(key) ?? this.#options.clock.nowMs()
    return { name, severity, summary, remedy, labels, value, sinceMs }
  }
}
