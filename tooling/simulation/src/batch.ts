import type { SeedReport } from './scenario.js'
import { addStates } from './states.js'

export interface Failure {
  readonly seed: number
  readonly message: string
}

/** What some seeds did, as sums. */
export class Batch {
  seeds = 0
  calls = 0
  acknowledged = 0
  events = 0
  readonly states: Record<string, number> = {}
  readonly failures: Failure[] = []

  add(report: SeedReport): void {
    this.seeds++
    this.calls += report.calls
    this.acknowledged += report.acknowledged
    this.events += report.events
    addStates(this.states, report.states)
  }

  failed(seed: number, message: string): void {
    this.seeds++
    this.failures.push({ seed, message })
  }

  join(other: Readonly<Batch>): void {
    this.seeds += other.seeds
    this.calls += other.calls
    this.acknowledged += other.acknowledged
    this.events += other.events
    addStates(this.states, other.states)
    this.failures.push(...other.failures)
  }
}

export const newBatch = (): Batch => new Batch()
