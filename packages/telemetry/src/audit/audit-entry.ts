import type { Level, Version } from '@bzzz/base'

interface EntryBase {
  /** Wall milliseconds. */
  readonly atMs: number
  /** Who caused it: a role, a token's name, `node`. Never a secret. */
  readonly actor: string
  /** As in metrics and health: `dht`. */
  readonly component: string
}

/** A write that is about to be made. Without an outcome after it, whether it took effect is not known. */
export interface AuditedAttempt extends EntryBase {
  readonly kind: 'attempt'
  /** Joins an attempt with its outcome; counts from 1 in each process. */
  readonly call: number
  /** Name of the port's method. */
  readonly op: string
  readonly key: string
  /** Undefined where the caller left them open. */
  readonly opId: string | undefined
  readonly level: Level | undefined
}

/**
 * - `acknowledged`, `pending`: as the receipt says.
 * - `refused`: the answer was no.
 * - `unavailable`: it could not be made; the effect is unknown when replicas had been asked.
 * - `aborted`: the caller gave up.
 */
export type AuditedResult = 'acknowledged' | 'pending' | 'refused' | 'unavailable' | 'aborted'

/** What became of a write. Never its value. */
export interface AuditedWrite extends Omit<AuditedAttempt, 'kind'> {
  readonly kind: 'write'
  readonly outcome: AuditedResult
  /** Of the record that was written. */
  readonly version: Version | undefined
  /** Code of the error; undefined when there was none. */
  readonly code: string | undefined
  readonly durationMs: number
}

export type AuditedValue = string | number | boolean | null | undefined

/** What an operator, or a rule on their behalf, did: a mode, an override, a drill. */
export interface AuditedAction extends EntryBase {
  readonly kind: 'action'
  /** As `mode-set`, `override-expired`, `drill-started`. */
  readonly action: string
  readonly detail: Readonly<Record<string, AuditedValue | Readonly<Record<string, AuditedValue>>>>
}

export type AuditEntry = AuditedAttempt | AuditedWrite | AuditedAction

/** Where entries go. Resolves when the entry will outlast the process. */
export interface AuditSink {
  append(entry: AuditEntry): void | Promise<void>
}
