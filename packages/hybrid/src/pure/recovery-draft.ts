import type { Phase } from '../events.js'
import type { RecoveryEffect, RecoveryPolicy, RecoveryState } from './recovery-types.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A jittered wait is at least this share of `backoffMinMs`: unlucky draws make no storm of probes. */
const WAIT_MIN_SHARE = 0.1

/** Doubling beyond this changes nothing, as every bound is far below 2^30 times the first. */
const DOUBLINGS_MAX = 30

/** One step in the making: a copy of the state, what it changes, and what is to be done. */
export class RecoveryDraft {
  readonly state: Mutable<RecoveryState>
  readonly effects: RecoveryEffect[] = []
  readonly nowMs: number
  readonly #random: number
  readonly #policy: RecoveryPolicy

  constructor(state: RecoveryState, nowMs: number, random: number, policy: RecoveryPolicy) {
    this.state = { ...state }
    this.nowMs = nowMs
    this.#random = random
    this.#policy = policy
  }

  /** Real stops serving, or did not serve yet: the way back starts over. */
  fallBack(reason: string): void {
    const { state } = this
    if (state.phase === 'real') {
      this.#lengthenDwell()
      state.attempt = 0
    } else if (state.phase !== 'local') state.attempt++
    const waitMaxMs = state.isWorking ? this.#policy.backoffMaxMs : this.#probeWaitMaxMs
    state.dwellEndsMs = this.nowMs + Math.max(state.dwellMs, this.#policy.dwellMinMs)
    this.#abandon()
    this.#enter('local', reason)
    if (state.hasQuorum) this.#probeLater(waitMaxMs)
  }

  quorumLost(): void {
    const reason = 'the peers that are not suspected make no quorum'
    this.state.hasQuorum = false
    if (this.state.phase === 'real') this.fallBack(reason)
    this.#abandon()
    this.#enter('local', reason)
  }

  /** Probes at once, but for a quorum that comes and goes within `backoffMinMs` of the last probe. */
  quorumReturned(): void {
    const { state } = this
    state.hasQuorum = true
    state.attempt = 0
    state.nextProbeMs = Math.max(this.nowMs, state.lastProbeMs + this.#policy.backoffMinMs)
  }

  flip(): void {
    const { state } = this
    if (state.phase === 'real') return
    state.dwellEndsMs = this.nowMs
    if (!state.hasQuorum) return
    if (state.phase === 'local' || state.phase === 'probing') {
      this.#abandon()
      this.catchUp('asked for, without dwell and probes')
    }
  }

  probeEnded(isGood: boolean): void {
    const { state } = this
    state.leaseEndsMs = undefined
    if (state.phase === 'real') this.#healthProbeEnded(isGood)
    else if (!isGood) this.#failed('a probe failed', this.#probeWaitMaxMs)
    else if (++state.goodInARow < this.#policy.probesNeeded) state.nextProbeMs = this.nowMs
    else this.catchUp(`${String(state.goodInARow)} good probes in a row`)
  }

  workFailed(reason: string): void {
    this.#failed(reason, this.#policy.backoffMaxMs)
  }

  catchUp(reason: string): void {
    this.#enter('catching-up', reason)
    this.#startWork('catch-up')
  }

  caughtUp(): void {
    const { state } = this
    state.isWorking = false
    if (this.nowMs < state.dwellEndsMs) {
      state.isHolding = true
      return
    }
    this.#enter('verifying', 'caught up')
    this.#startWork('verify')
  }

  verified(): void {
    const { state } = this
    this.#abandon()
    this.#enter('real', 'verified')
    state.attempt = 0
    if (state.dwellMs > 0) state.returnedMs = this.nowMs
    state.nextProbeMs = this.nowMs + this.#policy.probeEveryMs
  }

  /** A lease that ended is a failed probe, whatever comes of it later. */
  expireLease(): void {
    const { leaseEndsMs } = this.state
    if (leaseEndsMs !== undefined && this.nowMs >= leaseEndsMs) this.probeEnded(false)
  }

  /** Starts what is due. */
  startDue(): void {
    const { state } = this
    if (state.isHolding && this.nowMs >= state.dwellEndsMs) {
      // What came in during the wait is sent first: what is verified must be what real then serves.
      state.isHolding = false
      this.#startWork('catch-up')
    }
    if (state.nextProbeMs !== undefined && this.nowMs >= state.nextProbeMs) this.#startProbe()
  }

  /** Says when to call again, unless that was said and still holds. */
  wake(isTick: boolean): void {
    const { state } = this
    const atMs = Math.min(
      state.leaseEndsMs ?? Number.POSITIVE_INFINITY,
      state.nextProbeMs ?? Number.POSITIVE_INFINITY,
      state.isHolding ? state.dwellEndsMs : Number.POSITIVE_INFINITY,
    )
    const due = atMs === Number.POSITIVE_INFINITY ? undefined : atMs
    if (due !== undefined && (isTick || due !== state.wakeAtMs))
      this.effects.push({ kind: 'wake', atMs: due })
    state.wakeAtMs = due
  }

  #healthProbeEnded(isGood: boolean): void {
    const { state } = this
    state.failedInARow = isGood ? 0 : state.failedInARow + 1
    state.attempt = state.failedInARow
    if (isGood) state.nextProbeMs = this.nowMs + this.#policy.probeEveryMs
    else if (state.failedInARow < this.#policy.probesNeeded) this.#probeLater(this.#probeWaitMaxMs)
    else this.fallBack(`${String(state.failedInARow)} deep probes in a row failed`)
  }

  #lengthenDwell(): void {
    const { state } = this
    const { calmMs, dwellMinMs, dwellMaxMs } = this.#policy
    const isFlapping = state.returnedMs !== undefined && this.nowMs - state.returnedMs < calmMs
    state.dwellMs = Math.min(dwellMaxMs, isFlapping ? 2 * state.dwellMs : dwellMinMs)
  }

  /** Whatever runs or waits is forgotten; its late end has an older number. */
  #abandon(): void {
    const { state } = this
    state.goodInARow = 0
    state.failedInARow = 0
    state.leaseEndsMs = undefined
    state.nextProbeMs = undefined
    state.isWorking = false
    state.isHolding = false
  }

  get #probeWaitMaxMs(): number {
    return Math.max(this.#policy.backoffMinMs, this.#policy.probeWaitMaxMs)
  }

  #failed(reason: string, waitMaxMs: number): void {
    const { state } = this
    this.#abandon()
    this.#enter('probing', reason)
    state.attempt++
    this.#probeLater(waitMaxMs)
  }

  #probeLater(waitMaxMs: number): void {
    const { backoffMinMs } = this.#policy
    const doublings = Math.min(this.state.attempt, DOUBLINGS_MAX)
    const ceilingMs = Math.min(waitMaxMs, backoffMinMs * 2 ** doublings)
    const waitMs = Math.max(WAIT_MIN_SHARE * backoffMinMs, this.#random * ceilingMs)
    this.state.nextProbeMs = this.nowMs + waitMs
  }

  #startProbe(): void {
    const { state } = this
    if (state.phase === 'local') this.#enter('probing', 'time for a probe')
    state.lease++
    state.lastProbeMs = this.nowMs
    state.nextProbeMs = undefined
    state.leaseEndsMs = this.nowMs + this.#policy.probeLeaseMs
    this.effects.push({ kind: 'probe', lease: state.lease })
  }

  #startWork(kind: 'catch-up' | 'verify'): void {
    this.state.work++
    this.state.isWorking = true
    this.effects.push({ kind, work: this.state.work })
  }

  #enter(to: Phase, reason: string): void {
    const from = this.state.phase
    if (from === to) return
    this.state.phase = to
    this.effects.push({ kind: 'phase', from, to, reason })
  }
}
