import { describe, expect, test } from '@jest/globals'
import { ManualClock, type PeerStatus } from '@bzzz/base'
import { silentLogger } from '@bzzz/telemetry'
import type { Backend } from '../src/backend.js'
import type { BootstrapStatus } from '../src/bootstrap/keeper.js'
import { HealthWatch } from '../src/health/health-watch.js'

const INTERVAL_MS = 1_000

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** Parts that answer as told. */
const createWatch = () => {
  const clock = new ManualClock()
  const state = {
    store: 'ready' as 'ready' | 'read-only' | 'failed',
    dht: (): Promise<undefined> => Promise.resolve(undefined),
    peers: [] as PeerStatus[],
    bootstrap: [] as BootstrapStatus[],
    peerChanged: (): void => {},
  }
  const backend = {
    kind: 'real',
    store: {
      get state() {
        return state.store
      },
    },
    dht: { get: () => state.dht() },
    peers: () => state.peers,
    onPeerChange: (listener: () => void) => {
      state.peerChanged = listener
      return () => {}
    },
    bootstrap: () => state.bootstrap,
  } as unknown as Backend
  const watch = new HealthWatch({ backend, clock, intervalMs: INTERVAL_MS, log: silentLogger })
  const later = async (): Promise<void> => {
    clock.advance(INTERVAL_MS)
    await turns()
  }
  const statuses = (): Record<string, string> =>
    Object.fromEntries(watch.rows().map(({ component, status }) => [component, status]))
  return { state, watch, later, statuses }
}

describe('health', () => {
  test('is checked at once when a peer came', async () => {
    const { state, watch, statuses } = createWatch()
    state.bootstrap = [{ entry: 'a:1', state: 'trying', failures: 0 }]
    state.dht = () => Promise.reject(new Error('too few replicas'))
    await watch.start()
    expect(statuses()).toMatchObject({ libp2p: 'degraded', dht: 'failed' })
    state.peers = [{ peerId: 'p', state: 'connected', addresses: [] }]
    state.dht = () => Promise.resolve(undefined)
    state.peerChanged()
    await turns()
    expect(statuses()).toMatchObject({ libp2p: 'healthy', dht: 'healthy' })
    await watch.stop()
  })

  test('of each part, checked again after the interval', async () => {
    const { state, watch, later, statuses } = createWatch()
    await watch.start()
    expect(statuses()).toEqual({ store: 'healthy', dht: 'healthy', libp2p: 'healthy' })

    state.store = 'read-only'
    state.bootstrap = [{ entry: 'a:1', state: 'failing', failures: 1 }]
    await later()
    expect(statuses()).toEqual({ store: 'degraded', dht: 'healthy', libp2p: 'degraded' })

    state.peers = [{ peerId: 'p', state: 'connected', addresses: [] }]
    state.store = 'ready'
    state.dht = () => Promise.reject(new Error('too few replicas'))
    await later()
    expect(statuses()).toEqual({ store: 'healthy', dht: 'degraded', libp2p: 'healthy' })
    await later()
    await later()
    expect(statuses().dht).toBe('failed')
    expect(watch.rows().find(({ component }) => component === 'dht')?.error_count).toBe(3)

    state.dht = () => Promise.resolve(undefined)
    await later()
    expect(statuses().dht).toBe('healthy')
    await watch.stop()
  })

  test('a node that knows nobody and waits for nobody is not degraded for it', async () => {
    const { state, watch, statuses } = createWatch()
    state.bootstrap = [{ entry: 'self:1', state: 'self', failures: 0 }]
    await watch.start()
    expect(statuses().libp2p).toBe('healthy')
    await watch.stop()
  })
})
