import { RecoveryDraft } from './recovery-draft.js'
import type {
  RecoveryEvent,
  RecoveryPolicy,
  RecoveryState,
  RecoveryStep,
} from './recovery-types.js'

export type {
  RecoveryEffect,
  RecoveryEvent,
  RecoveryPolicy,
  RecoveryState,
  RecoveryStep,
} from './recovery-types.js'

/** Before the first event, which should be `flip` or `tick`: without one nothing is started. */
export const initialRecovery = (nowMs: number, hasQuorum: boolean): RecoveryState => ({
  phase: 'local',
  hasQuorum,
  dwellMs: 0,
  dwellEndsMs: nowMs,
  returnedMs: undefined,
  goodInARow: 0,
  failedInARow: 0,
  attempt: 0,
  lease: 0,
  leaseEndsMs: undefined,
  lastProbeMs: Number.NEGATIVE_INFINITY,
  nextProbeMs: hasQuorum ? nowMs : undefined,
  work: 0,
  isWorking: false,
  isHolding: false,
  wakeAtMs: undefined,
})

const isOfRunningWork = (state: RecoveryState, phase: string, work: number): boolean =>
  state.isWorking && state.work === work && state.phase === phase

const decide = (draft: RecoveryDraft, event: RecoveryEvent): void => {
  const { state } = draft
  switch (event.kind) {
    case 'tick':
      return
    case 'fell-back':
      draft.fallBack(event.reason)
      return
    case 'quorum':
      if (event.isThere === state.hasQuorum) return
      if (event.isThere) draft.quorumReturned()
      else draft.quorumLost()
      return
    case 'probe-ended':
      if (state.leaseEndsMs !== undefined && event.lease === state.lease)
        draft.probeEnded(event.isGood)
      return
    case 'caught-up':
      if (isOfRunningWork(state, 'catching-up', event.work)) draft.caughtUp()
      return
    case 'verified':
      if (isOfRunningWork(state, 'verifying', event.work)) draft.verified()
      return
    case 'work-failed':
      if (state.isWorking && event.work === state.work) draft.workFailed(event.reason)
      return
    case 'flip':
      draft.flip()
  }
}

/**
 * The way back to real: `local → probing → catching-up → verifying → real`.
 *
 * - While there is no quorum the phase is `local` and nothing is probed; its return probes at once.
 * - `probesNeeded` good probes in a row lead on, each following the one before at once. One that fails,
 *   or does not end by its lease, begins again after a wait with full jitter that doubles: to
 *   `probeWaitMaxMs`, so that a return of health is seen soon, but to `backoffMaxMs` where the probes
 *   are good and the work after them fails, as that work is a load of its own.
 * - Real serves no sooner than the dwell after a fallback. What is caught up before waits, and catches
 *   up again.
 * - While real serves, `probesNeeded` failed deep probes in a row fall back.
 *
 * @param nowMs monotonic
 * @param random 0 to 1, for the jitter
 */
export const stepRecovery = (
  state: RecoveryState,
  event: RecoveryEvent,
  nowMs: number,
  random: number,
  policy: RecoveryPolicy,
): RecoveryStep => {
  const draft = new RecoveryDraft(state, nowMs, random, policy)
  draft.expireLease()
  decide(draft, event)
  draft.startDue()
  draft.wake(event.kind === 'tick')
  return { state: draft.state, effects: draft.effects }
}
