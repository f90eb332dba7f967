import type { AbortOptions, Cancel, Clock } from '@bzzz/base'
import type { HealthBackend, HealthState, HealthStatus } from './health-status.js'
import { stepHealth, UNCHECKED, type CheckOutcome, type HealthPolicy } from './health-step.js'

/** Asks one component whether it serves. Throwing means that it does not. */
export type HealthProbe = (
  options: AbortOptions,
) => Promise<HealthState | void> | HealthState | void

/** What is watched. */
export interface HealthComponent {
  readonly component: string
  /** Asked at every check, because a mode may change at run time. */
  backend(): HealthBackend
  readonly probe: HealthProbe
}

export interface CheckOptions {
  readonly clock: Clock
  readonly deadlineMs: number
  readonly policy: HealthPolicy
}

/** The checks of one component: one at a time, each with a deadline. */
export class HealthCheck {
  readonly #component: HealthComponent
  readonly #options: CheckOptions
  #record = UNCHECKED
  #backend: HealthBackend
  /** The check in progress; it settles by its deadline. */
  #current: Promise<void> | undefined
  /** The probe that runs, which it may beyond its deadline. */
  #probing: Promise<void> | undefined
  #abort: (() => void) | undefined

  constructor(component: HealthComponent, options: CheckOptions) {
    this.#component = component
    this.#options = options
    this.#backend = component.backend()
  }

  get status(): HealthStatus {
    const { status, lastCheckMs, errorCount, latencyMs } = this.#record
    return {
      component: this.#component.component,
      backend: this.#backend,
      status,
      last_check: new Date(lastCheckMs).toISOString(),
      error_count: errorCount,
      latency_ms: latencyMs,
    }
  }

  /** Runs a check, or joins the one in progress. Never rejects. */
  run(): Promise<void> {
    this.#current ??= this.#run().finally(() => {
      this.#current = undefined
    })
    return this.#current
  }

  /** Ends the check in progress, without an effect on the record. */
  cancel(): void {
    this.#abort?.()
  }

  async #run(): Promise<void> {
    const { clock, policy } = this.#options
    const startedMs = clock.monotonicMs()
    const answer = await this.#ask()
    if (answer === undefined) return
    const latencyMs = Math.max(0, Math.round(clock.monotonicMs() - startedMs))
    const outcome: CheckOutcome = { answer, latencyMs, atMs: clock.nowMs() }
    this.#record = stepHealth(this.#record, outcome, policy)
    this.#backend = this.#component.backend()
  }

  /** Undefined when the check was cancelled. */
  #ask(): Promise<HealthState | undefined> {
    const { clock, deadlineMs } = this.#options
    return new Promise((resolve) => {
      const controller = new AbortController()
      const end = (answer: HealthState | undefined): void => {
        stopTimer()
        controller.abort()
        resolve(answer)
      }
      const stopTimer: Cancel = clock.setTimer(() => {
        end('failed')
      }, deadlineMs)
      this.#abort = () => {
        end(undefined)
      }
      void this.#probe(controller.signal).then(end)
    })
  }

  /** Waits for a probe that overran its deadline: probes of a stuck component must not pile up. */
  async #probe(signal: AbortSignal): Promise<HealthState | undefined> {
    await this.#probing
    if (signal.aborted) return undefined
    let answer: HealthState = 'failed'
    const probing = (async (): Promise<void> => {
      try {
        answer = (await this.#component.probe({ signal })) ?? 'healthy'
      } catch {
        // Failing is the answer; why is the component's own to log.
      }
    })()
    this.#probing = probing
    await probing
    return answer
  }
}
