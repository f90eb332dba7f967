import { Service, type AbortOptions, type Clock, type Unsubscribe } from '@bzzz/base'
import { dhtPort } from '@bzzz/dht-core'
import { HealthMonitor, type HealthState, type HealthStatus } from '@bzzz/telemetry'
import type { Backend } from '../backend.js'
import type { Log } from '../log.js'

export interface HealthWatchOptions {
  readonly backend: Backend
  readonly clock: Clock
  /** Between two checks of a component, milliseconds. */
  readonly intervalMs: number
  readonly log: Log
}

const STORE_STATES = { ready: 'healthy', 'read-only': 'degraded', failed: 'failed' } as const

/** Checks the parts of a node in turns, and logs what changes. */
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
    const kind = (): Backend['kind'] => backend.kind
    this.#monitor.add({
      component: 'store',
      backend: kind,
      probe: () => STORE_STATES[backend.store.state],
    })
    this.#monitor.add({
      component: 'dht',
      backend: kind,
      probe: (options) => probeDht(backend, options),
    })
    if (backend.kind === 'real')
      this.#monitor.add({ component: 'libp2p', backend: kind, probe: () => probePeers(backend) })
  }

  rows(): readonly HealthStatus[] {
    return this.#monitor.statuses()
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
    const unwell = this.rows().filter(({ status }) => status !== 'healthy')
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

/** A real read at quorum: it reaches as many nodes as any caller's would. */
const probeDht = async ({ dht }: Backend, { signal }: AbortOptions): Promise<void> => {
  await dht.get(dhtPort.probe.key, { signal })
}

/** A node that expects others and has none serves what it holds, but alone. */
const probePeers = (backend: Backend): HealthState => {
  const peers = backend.peers()
  const isExpecting = peers.length > 0 || backend.bootstrap().some(({ state }) => state !== 'self')
  return isExpecting && !peers.some(({ state }) => state === 'connected') ? 'degraded' : 'healthy'
}
