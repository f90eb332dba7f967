import {
  abortable,
  Emitter,
  Service,
  type AbortOptions,
  type Cancel,
  type Clock,
  type Listener,
  type Unsubscribe,
} from '@bzzz/base'
import { telemetryError } from '../errors.js'
import { HealthCheck, type HealthComponent } from './health-check.js'
import { worstOf, type HealthState, type HealthStatus } from './health-status.js'

export const DEFAULT_HEALTH_INTERVAL_MS = 30_000

/** Long enough for a quorum over a bad link, short enough that five fit between two checks. */
export const DEFAULT_HEALTH_DEADLINE_MS = 5000

/** A coordinator has tens of components; each costs a timer and a probe. */
export const HEALTH_COMPONENTS_MAX = 256

export interface HealthMonitorOptions {
  readonly clock: Clock
  /** From the end of a check to the start of the next. Default 30,000. */
  readonly intervalMs?: number
  /** A check that takes longer has failed. Default 5,000. */
  readonly deadlineMs?: number
  /** A check that takes longer is degraded. Default: half the deadline. */
  readonly slowMs?: number
  /** Failures in a row after which what served before counts as failed. Default 3. */
  readonly failuresMax?: number
  /** Where an exception of a listener goes. Must not throw. */
  readonly onListenerError: (error: unknown) => void
}

/** A component's status or backend changed. */
export interface HealthChange {
  readonly before: HealthStatus
  readonly after: HealthStatus
}

interface Watched {
  readonly check: HealthCheck
  cancelTimer: Cancel
}

/** Checks named components in turns on a clock and keeps the last result of each. */
export class HealthMonitor extends Service {
  readonly #options: HealthMonitorOptions
  readonly #watched = new Map<string, Watched>()
  #isRunning = false
  readonly #events: Emitter<{ 'health-changed': HealthChange }>

  constructor(options: HealthMonitorOptions) {
    super('the health monitor')
    this.#options = options
    this.#events = new Emitter(options.onListenerError)
  }

  /**
   * Watches one more component, from now on or from the start. The function returned ends that.
   * Throws `HEALTH_COMPONENT_TAKEN` and `HEALTH_COMPONENT_LIMIT`.
   */
  add(component: HealthComponent): Unsubscribe {
    const name = component.component
    if (this.#watched.has(name))
      throw telemetryError('HEALTH_COMPONENT_TAKEN', `the component "${name}" is monitored`)
    if (this.#watched.size >= HEALTH_COMPONENTS_MAX)
      throw telemetryError(
        'HEALTH_COMPONENT_LIMIT',
        `at most ${String(HEALTH_COMPONENTS_MAX)} components are monitored`,
      )
    const { clock, deadlineMs = DEFAULT_HEALTH_DEADLINE_MS } = this.#options
    const { slowMs = deadlineMs / 2, failuresMax = 3 } = this.#options
    const check = new HealthCheck(component, {
      clock,
      deadlineMs,
      policy: { slowMs, failuresMax },
    })
    const watched: Watched = { check, cancelTimer: () => {} }
    this.#watched.set(name, watched)
    if (this.#isRunning) void this.#check(watched)
    return () => {
      if (this.#watched.get(name) !== watched) return
      this.#watched.delete(name)
      watched.cancelTimer()
      watched.check.cancel()
    }
  }

  /** The last result of every component, in the order in which they were added. */
  statuses(): HealthStatus[] {
    return Array.from(this.#watched.values(), ({ check }) => check.status)
  }

  /** The last result of one component; undefined when it is not monitored. */
  statusOf(component: string): HealthStatus | undefined {
    return this.#watched.get(component)?.check.status
  }

  /** The worst state of all components. */
  get overall(): HealthState {
    return worstOf(this.statuses().map(({ status }) => status))
  }

  /** Checks one component, or all, at once, and resolves with their results. Throws `NOT_STARTED`. */
  async checkNow(component?: string): Promise<HealthStatus[]> {
    this.assertStarted()
    const all =
      component === undefined ? this.#watched.values() : [this.#watched.get(component)].values()
    const chosen = Array.from(all).filter((each) => each !== undefined)
    await Promise.all(chosen.map((each) => this.#check(each)))
    return chosen.map(({ check }) => check.status)
  }

  on(event: 'health-changed', listener: Listener<HealthChange>): Unsubscribe {
    return this.#events.on(event, listener)
  }

  /** Resolves when every component was checked once, so that nobody reads a guess. */
  protected async onStart({ signal }: AbortOptions): Promise<void> {
    this.#isRunning = true
    const checks = Array.from(this.#watched.values(), (each) => this.#check(each))
    try {
      await abortable(Promise.all(checks), signal)
    } catch (error) {
      this.#halt()
      throw error
    }
  }

  protected async onStop(): Promise<void> {
    this.#halt()
    this.#events.clear()
  }

  #halt(): void {
    this.#isRunning = false
    for (const { cancelTimer, check } of this.#watched.values()) {
      cancelTimer()
      check.cancel()
    }
  }

  async #check(watched: Watched): Promise<void> {
    const before = watched.check.status
    await watched.check.run()
    const after = watched.check.status
    if (!this.#isRunning || this.#watched.get(after.component) !== watched) return
    // The timer of the turn that this check forestalled, if it was asked for out of turn.
    watched.cancelTimer()
    watched.cancelTimer = this.#options.clock.setTimer(() => {
      void this.#check(watched)
    }, this.#options.intervalMs ?? DEFAULT_HEALTH_INTERVAL_MS)
    if (before.status !== after.status || before.backend !== after.backend)
      this.#events.emit('health-changed', { before, after })
  }
}
