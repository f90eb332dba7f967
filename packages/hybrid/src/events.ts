import type { ModeSetting } from '@bzzz/base'

/** Which side answers: the peers, or this node's store. */
export type Side = 'real' | 'store'

/**
 * The way back to real. In `real` it serves; in all others the store does.
 * - `local`: waiting, after a fallback or while there is no quorum.
 * - `probing`: deep probes, a real write and read each.
 * - `catching-up`: what real lacks is sent.
 * - `verifying`: what was touched meanwhile is compared with the replicas.
 */
export type Phase = 'real' | 'local' | 'probing' | 'catching-up' | 'verifying'

/** Where the store's log stood. */
export interface LogPosition {
  readonly epoch: number
  /** Records committed since the store's start. */
  readonly sequence: number
}

interface Switch {
  readonly component: string
  /** Counts the switch events of this hybrid since its start, from 1. */
  readonly id: number
  /** In words for an operator. */
  readonly reason: string
  readonly position: LogPosition
  /** Wall milliseconds. */
  readonly atMs: number
}

/** Another side serves. */
export interface BackendSwitched extends Switch {
  readonly kind: 'backend-switched'
  readonly from: Side
  readonly to: Side
}

export interface PhaseChanged extends Switch {
  readonly kind: 'phase-changed'
  readonly from: Phase
  readonly to: Phase
}

export interface ModeChanged extends Switch {
  readonly kind: 'mode-changed'
  readonly from: ModeSetting
  readonly to: ModeSetting
}

export type SwitchEvent = BackendSwitched | PhaseChanged | ModeChanged

/** A record that real refuses for good. It stays in the store, and dirty. */
export interface DeadLetter {
  readonly key: string
  readonly opId: string
  readonly version: { readonly wallMs: number; readonly counter: number; readonly writer: string }
  /** Code and message of the last refusal. */
  readonly code: string
  readonly problem: string
  readonly tries: number
  readonly atMs: number
}

export interface Backlog {
  readonly keys: number
  readonly bytes: number
  readonly bytesMax: number
}

export interface HybridEvents {
  /** Every switch, whatever its kind. */
  switched: SwitchEvent
  'dead-letter': DeadLetter
  /** Dirty bytes rose over 80 % of their cap, or fell below it again. */
  'backlog-changed': Backlog & { readonly isHigh: boolean }
}
