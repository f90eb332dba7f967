import {
  compareVersions,
  messageOf,
  newOperationId,
  throwIfAborted,
  type Cancel,
  type Clock,
  type Random,
} from '@bzzz/base'
import { bounded } from './bounded.js'
import type { Drain } from './drain.js'
import type { Switchable } from './hybrid.js'
import {
  initialRecovery,
  stepRecovery,
  type RecoveryEffect,
  type RecoveryEvent,
  type RecoveryState,
} from './pure/recovery.js'
import type { Phase } from './events.js'
import type { HybridState } from './state.js'
import type { Tuning } from './tuning.js'

/** What the last deep probe told. */
export interface ProbeOutcome {
  readonly isGood: boolean
  readonly tookMs: number
  /** Wall milliseconds of its end. */
  readonly atMs: number
  readonly problem: string | undefined
}

export interface RecoveryDriverOptions<I extends Switchable> {
  readonly state: HybridState<I>
  readonly drain: Drain<I>
  readonly clock: Clock
  readonly random: Random
  readonly tuning: Tuning
  readonly onPhase: (from: Phase, to: Phase, reason: string) => void
  readonly onProbe: (outcome: ProbeOutcome) => void
  /** A part of the work failed; the machine goes on by itself. */
  readonly onWorkFailed: (reason: string) => void
}

/** Keys whose versions are asked at once where the real side cannot compare by itself. */
const CONFIRMED_AT_ONCE = 64

/** Longest comparison, milliseconds: and so much more for each key. */
const CONFIRM_MS = 10_000
const CONFIRM_KEY_MS = 2

/** Does what the recovery machine decides, for one real side. */
export class RecoveryDriver<I extends Switchable> {
  readonly #options: RecoveryDriverOptions<I>
  readonly #over = new AbortController()
  readonly #events: RecoveryEvent[] = []
  #machine: RecoveryState
  #work = new AbortController()
  #cancelWake: Cancel | undefined
  /** Keys that were sent on the way back, until they are verified: a failure forgets none. */
  readonly #touched = new Set<string>()
  #unsubscribe: () => void = () => {}

  constructor(options: RecoveryDriverOptions<I>) {
    this.#options = options
    this.#machine = initialRecovery(options.clock.monotonicMs(), this.hasQuorum)
  }

  start(): void {
    const { reach } = this.#options.state.side ?? {}
    this.#unsubscribe =
      reach?.onChange(() => {
        this.tell({ kind: 'quorum', isThere: this.hasQuorum })
      }) ?? (() => {})
    this.tell({ kind: 'flip' })
  }

  stop(): void {
    this.#unsubscribe()
    this.#over.abort()
    this.#work.abort()
    this.#cancelWake?.()
  }

  get hasQuorum(): boolean {
    return this.#options.state.side?.reach?.hasQuorum ?? true
  }

  /** Events that come while one is dealt with, as from a listener, wait for their turn. */
  tell(event: RecoveryEvent): void {
    this.#events.push(event)
    if (this.#events.length > 1) return
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      try {
        this.#step(next)
      } finally {
        this.#events.shift()
      }
    }
  }

  #step(event: RecoveryEvent): void {
    if (this.#over.signal.aborted) return
    const { clock, random, tuning } = this.#options
    const nowMs = clock.monotonicMs()
    const { state, effects } = stepRecovery(this.#machine, event, nowMs, random.next(), tuning)
    this.#machine = state
    for (const effect of effects) this.#do(effect)
  }

  #do(effect: RecoveryEffect): void {
    switch (effect.kind) {
      case 'phase': {
        const { state, onPhase } = this.#options
        if (effect.to === 'local') this.#work.abort()
        state.phase = effect.to
        onPhase(effect.from, effect.to, effect.reason)
        return
      }
      case 'wake':
        this.#wakeAt(effect.atMs)
        return
      case 'probe':
        void this.#probe(effect.lease)
        return
      case 'catch-up':
        void this.#run('caught-up', effect.work, (signal) => this.#catchUp(signal))
        return
      case 'verify':
        void this.#run('verified', effect.work, (signal) => this.#verify(signal))
    }
  }

  #wakeAt(atMs: number): void {
    const { clock } = this.#options
    this.#cancelWake?.()
    this.#cancelWake = clock.setTimer(
      () => {
        this.tell({ kind: 'tick' })
      },
      Math.max(0, atMs - clock.monotonicMs()),
    )
  }

  async #run(
    kind: 'caught-up' | 'verified',
    work: number,
    task: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.#work.abort()
    const controller = new AbortController()
    this.#work = controller
    try {
      await task(controller.signal)
      this.tell({ kind, work })
    } catch (error) {
      const reason = messageOf(error)
      if (!controller.signal.aborted) this.#options.onWorkFailed(reason)
      this.tell({ kind: 'work-failed', work, reason })
    }
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const { store } = this.#options.state
    const keys = Array.from(store.dirtyKeys())
    try {
      const left = await this.#options.drain.runSome(signal, keys)
      // That may be real as well as these keys: only one that takes a record is well.
      if (left > 0) await this.#deepProbe(signal)
    } finally {
      for (const key of keys) if (!store.isDirty(key)) this.#touched.add(key)
    }
  }

  async #verify(signal: AbortSignal): Promise<void> {
    const { state } = this.#options
    const { side, port, store } = state
    if (side === undefined) throw port.unavailable('there is no real side')
    // What is dirty again, or refused for good, is not there yet; the read fence covers it. A key
    // whose own replicas are short falls back alone, and is compared the next time.
    const reachable = Array.from(this.#touched).filter((key) => state.canReach(key))
    const keys = reachable.filter((key) => !store.isDirty(key))
    if (keys.length > 0) {
      const isEqual =
        side.confirm === undefined
          ? await this.#confirmed(keys, signal)
          : await this.#compared(side.confirm(keys, { signal }), keys.length, signal)
      throwIfAborted(signal)
      if (!isEqual) throw port.unavailable('the replicas do not hold all that this node wrote')
    }
    for (const key of reachable) this.#touched.delete(key)
  }

  /** The comparison's outcome; a frozen side shall not hold up the way back for ever. */
  #compared(work: Promise<boolean>, keys: number, signal: AbortSignal): Promise<boolean> {
    const { state, clock } = this.#options
    const onTimeout = (): Error => state.port.unavailable('the comparison came to no end')
    return bounded(work, clock, CONFIRM_MS + keys * CONFIRM_KEY_MS, { signal, onTimeout })
  }

  /** Reads every version at a quorum, where the real side has no better way. */
  async #confirmed(keys: readonly string[], signal: AbortSignal): Promise<boolean> {
    for (let at = 0; at < keys.length; at += CONFIRMED_AT_ONCE) {
      throwIfAborted(signal)
      const part = keys.slice(at, at + CONFIRMED_AT_ONCE)
      const held = await Promise.all(part.map((key) => this.#isHeld(key, signal)))
      if (held.includes(false)) return false
    }
    return true
  }

  async #isHeld(key: string, signal: AbortSignal): Promise<boolean> {
    const { side, port, store } = this.#options.state
    const mine = store.head(key)
    if (side === undefined || mine === undefined || mine.deleted) return true
    const { probeLeaseMs: timeoutMs } = this.#options.tuning
    const options = { level: 'quorum', timeoutMs, signal } as const
    const onTimeout = (): Error => port.unavailable('real answers nothing at all')
    const reading = port.probe.read(side.port, key, options)
    const theirs = await bounded(reading, this.#options.clock, timeoutMs, { signal, onTimeout })
    const now = store.head(key)
    // Deleted, expired or replaced meanwhile: a later write answers for itself.
    if (now === undefined || compareVersions(now.version, mine.version) !== 0) return true
    return theirs === undefined
      ? now.expiresAtMs !== undefined
      : compareVersions(theirs, mine.version) >= 0
  }

  async #probe(lease: number): Promise<void> {
    const { clock, onProbe } = this.#options
    const startMs = clock.monotonicMs()
    let problem: string | undefined
    try {
      await this.#deepProbe(this.#over.signal)
    } catch (error) {
      problem = messageOf(error)
    }
    if (this.#over.signal.aborted) return
    const isGood = problem === undefined
    onProbe({ isGood, tookMs: clock.monotonicMs() - startMs, atMs: clock.nowMs(), problem })
    this.tell({ kind: 'probe-ended', lease, isGood })
  }

  /** Ends by its lease, also where real never answers: a frozen side shall gather no probes. */
  async #deepProbe(signal: AbortSignal): Promise<void> {
    const { state, clock, tuning } = this.#options
    const given = new AbortController()
    const onTimeout = (): Error => state.port.unavailable('the probe came to no end')
    try {
      const work = this.#writeAndRead(AbortSignal.any([signal, given.signal]))
      await bounded(work, clock, tuning.probeLeaseMs, { signal, onTimeout })
    } finally {
      given.abort()
    }
  }

  /** A durable write at a quorum, and a read that must show it: a shallow answer proves nothing. */
  async #writeAndRead(signal: AbortSignal): Promise<void> {
    const { state, random, tuning } = this.#options
    const { side, port, store } = state
    if (side === undefined) throw port.unavailable('there is no real side')
    const key = `${port.probe.key}/${store.writer}`
    const options = { level: 'quorum', timeoutMs: tuning.probeLeaseMs, signal } as const
    if (store.state !== 'ready' && state.phase === 'real') {
      // That this node cannot write is no outage of real, which still answers what is not here.
      await port.probe.read(side.port, key, options)
      return
    }
    const opId = newOperationId(random)
    const append = store.append({ key, value: port.probe.value }, { opId })
    await append.committed
    const written = await side.port.apply(append.record, options)
    if (written.outcome === 'pending') throw port.unavailable('a quorum did not take the probe')
    const found = await port.probe.read(side.port, key, options)
    if (found === undefined || compareVersions(found, written.version) < 0)
      throw port.unavailable('a quorum does not show the probe that it took')
  }
}
