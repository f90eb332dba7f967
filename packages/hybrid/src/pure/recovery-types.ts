import type { Phase } from '../events.js'
import type { Tuning } from '../tuning.js'

export interface RecoveryState {
  readonly phase: Phase
  readonly hasQuorum: boolean
  /** The dwell of the last fallback; 0 before the first. */
  readonly dwellMs: number
  /** Real may not serve before. Times are monotonic milliseconds. */
  readonly dwellEndsMs: number
  /** When real last came back after a fallback. */
  readonly returnedMs: number | undefined
  /** Good probes in a row since probing began. */
  readonly goodInARow: number
  /** Failed probes in a row while real serves. */
  readonly failedInARow: number
  /** What failed in a row on the way back, or while real serves; paces the next probe. */
  readonly attempt: number
  /** The newest probe. It runs while its lease has an end. */
  readonly lease: number
  readonly leaseEndsMs: number | undefined
  readonly lastProbeMs: number
  readonly nextProbeMs: number | undefined
  /** The newest catch-up or verification. */
  readonly work: number
  readonly isWorking: boolean
  /** Caught up, and waiting for the dwell to end. */
  readonly isHolding: boolean
  /** The last `wake` effect that no `tick` has answered. */
  readonly wakeAtMs: number | undefined
}

export type RecoveryEvent =
  | { readonly kind: 'tick' }
  /** The breaker opened. Also while on the way back: it then starts over. */
  | { readonly kind: 'fell-back'; readonly reason: string }
  /** By the heartbeats, the peers that are not suspected make a quorum, or no longer. */
  | { readonly kind: 'quorum'; readonly isThere: boolean }
  | { readonly kind: 'probe-ended'; readonly lease: number; readonly isGood: boolean }
  | { readonly kind: 'caught-up'; readonly work: number }
  | { readonly kind: 'verified'; readonly work: number }
  | { readonly kind: 'work-failed'; readonly work: number; readonly reason: string }
  /** A manual flip or the start: skips dwell and probing, not catching up and verifying. */
  | { readonly kind: 'flip' }

export type RecoveryEffect =
  /** Start a deep probe, and abort the one before. */
  | { readonly kind: 'probe'; readonly lease: number }
  | { readonly kind: 'catch-up'; readonly work: number }
  | { readonly kind: 'verify'; readonly work: number }
  | {
      readonly kind: 'phase'
      readonly from: Phase
      readonly to: Phase
      readonly reason: string
    }
  /** Call again with `tick` then. One at a time: the newest counts. */
  | { readonly kind: 'wake'; readonly atMs: number }

export type RecoveryPolicy = Pick<
  Tuning,
  | 'probesNeeded'
  | 'probeLeaseMs'
  | 'backoffMinMs'
  | 'backoffMaxMs'
  | 'probeWaitMaxMs'
  | 'probeEveryMs'
  | 'dwellMinMs'
  | 'dwellMaxMs'
  | 'calmMs'
>

export interface RecoveryStep {
  readonly state: RecoveryState
  readonly effects: readonly RecoveryEffect[]
}
