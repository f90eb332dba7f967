import { Service, type Clock, type Unsubscribe } from '@bzzz/base'
import type { HybridHealth } from '@bzzz/hybrid'
import {
  HealthMonitor,
  type HealthBackend,
  type HealthState,
  type HealthStatus,
} from '@bzzz/telemetry'
import type { Backend } from '../backend.js'
import type { Log } from '../log.js'

export interface HealthWatchOptions {
  readonly backend: Backend
  readonly clock: Clock
  /** Between two checks of a component, milliseconds. */
  readonly intervalMs: number
  readonly log: Log
}

/** A component's health, with what a hybrid tells besides. */
export type HealthRow = HealthStatus & Partial<HybridHealth>

const STORE_STATES = { ready: 'healthy', 'read-only': 'degraded', failed: 'failed' } as const

/**
 * How the parts of a node are. Store and connections are checked in turns here; a hybrid probes its
 * own sides, and says at any time how it stands.
 */
export class HealthWatch extends Service {
  readonly #monitor: HealthMonitor
  readonly #log: Log
  readonly #backend: Backend
  #unsubscribe: Unsubscribe | undefined

  constructor({ backend, clock, intervalMs, log }: HealthWatchOptions) {
    super('the health watch')
    this.#log = log
    this.#backend = backend
    this.#monitor = new HealthMonitor({
      clock,
      intervalMs,
      onListenerError: (error) => {
        log.error('a listener of the health monitor failed', { error })
      },
    })
    const kind = (): HealthBackend => backend.dht.controls.health().backend
    this.#monitor.add({
      component: 'store',
      backend: kind,
      probe: () => STORE_STATES[backend.store.state],
    })
    this.#monitor.add({ component: 'libp2p', backend: kind, probe: () => probePeers(backend) })
  }

  rows(): readonly HealthRow[] {
    const watched = this.#monitor.statuses()
    const hybrids = this.#backend.components.map(({ controls }) => controls.health())
    const isMock = hybrids.every(({ mode }) => mode.mode === 'mock')
    const { backend } = this.#backend.dht.controls.health()
    // As configured now: the last check may be older than the mode.
    const row = (name: string): readonly HealthRow[] =>
      watched.filter(({ component }) => component === name).map((each) => ({ ...each, backend }))
    // Without peers to speak to there is nothing to be well or unwell.
    return [...row('store'), ...hybrids, ...(isMock ? [] : row('libp2p'))]
  }

  protected async onStart(): Promise<void> {
    this.#monitor.on('health-changed', ({ before, after }) => {
      // Every component begins as unknown: its first check is no change.
      if (!this.isStarted && after.status === 'healthy') return
      const level = after.status === 'healthy' ? 'info' : 'warn'
      this.#log[level]('health changed', {
        component: after.component,
        from: before.status,
        to: after.status,
      })
    })
    await this.#monitor.start()
    this.#unsubscribe = this.#backend.onPeerChange(() => {
      this.#recheck()
    })
  }

  /** A peer came or went: what was unwell may be well by now, long before the next turn. */
  #recheck(): void {
    const unwell = this.#monitor.statuses().filter(({ status }) => status !== 'healthy')
    for (const component of new Set(['libp2p', ...unwell.map((row) => row.component)]))
      this.#monitor.checkNow(component).catch(() => {
        // It stopped meanwhile.
      })
  }

  protected onStop(): Promise<void> {
    this.#unsubscribe?.()
    return this.#monitor.stop()
  }
}

/** A node that expects others and has none serves what it holds, but alone. */
const probePeers = (backend: Backend): HealthState => {
  if (!backend.isLinked()) return 'degraded'
  const peers = backend.peers()
  const isExpecting = peers.length > 0 || backend.bootstrap().some(({ state }) => state !== 'self')
  return isExpecting && !peers.some(({ state }) => state === 'connected') ? 'degraded' : 'healthy'
}
