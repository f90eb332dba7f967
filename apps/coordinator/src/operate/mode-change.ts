import { codeOf, delay, messageOf, type Clock, type ModeSetting } from '@bzzz/base'
import type { CopyProgress } from '@bzzz/hybrid'

/** A change of a mode that an operator asked for. */
export interface ModeChange {
  readonly to: ModeSetting
  readonly isNow: boolean
  /** Wall milliseconds. */
  readonly atMs: number
  state: 'running' | 'done' | 'failed'
  error?: { readonly code: string; readonly message: string }
  copy?: CopyProgress
}

/** Runs a change; what it comes to stands in it. */
export const runChange = async (change: ModeChange, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
    change.state = 'done'
  } catch (error) {
    change.state = 'failed'
    change.error = { code: codeOf(error) ?? 'UNKNOWN', message: messageOf(error) }
    throw error
  }
}

/** Resolves when the work ends or the time is over, whichever is first; rejects when the work fails first. */
export const within = async (
  clock: Clock,
  waitMs: number,
  work: Promise<unknown>,
): Promise<void> => {
  const done = new AbortController()
  const over = delay(clock, waitMs, { signal: done.signal }).catch(() => {})
  try {
    await Promise.race([work, over])
  } finally {
    done.abort()
  }
}
