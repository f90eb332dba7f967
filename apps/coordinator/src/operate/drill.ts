import type { FAULTS } from '@bzzz/api'

/** What a drill does to the calls that ask the peers. */
export type DrillFault = (typeof FAULTS)[number]

/** A fault that an operator has put on. */
export interface Drill {
  readonly component: string
  readonly fault: DrillFault
  /** Share of the calls that it meets, 0 to 1. */
  readonly share: number
  /** Longest delay of a call; with `latency` only. */
  readonly latencyMs: number | undefined
  /** Wall milliseconds. */
  readonly startedAtMs: number
  readonly endsAtMs: number
  readonly actor: string
}
