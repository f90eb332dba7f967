import { describe, expect, test } from '@jest/globals'
import { ManualClock, type PeerStatus } from '@bzzz/base'
import type { HybridHealth } from '@bzzz/hybrid'
import { silentLogger } from '@bzzz/telemetry'
import type { Backend } from '../src/backend.js'
import type { BootstrapStatus } from '../src/bootstrap/keeper.js'
import { HealthWatch } from '../src/health/health-watch.js'

const INTERVAL_MS = 1_000

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

const HEALTH: HybridHealth = {
  component: 'dht',
  backend: 'hybrid',
  status: 'healthy',
  last_check: '1970-01-01T00:00:00.000Z',
  error_count: 0,
  latency_ms: 0,
  serving: 'real',
  phase: 'real',
  mode: { mode: 'hybrid', percent: 100 },
  reason: undefined,
}

/** Parts that answer as told. */
const createWatch = () => {
  const clock = new ManualClock()
  const state = {
    store: 'ready' as 'ready' | 'read-only' | 'failed',
    dht: HEALTH,
    isLinked: true,
    peers: [] as PeerStatus[],
    bootstrap: [] as BootstrapStatus[],
    peerChanged: (): void => {},
  }
  const controls = { health: () => state.dht }
  const backend = {
    store: {
      get state() {
        return state.store
      },
    },
    dht: { controls },
    components: [{ name: 'dht', controls }],
    isLinked: () => state.isLinked,
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
    await watch.start()
    expect(statuses()).toMatchObject({ libp2p: 'degraded' })
    state.peers = [{ peerId: 'p', state: 'connected', addresses: [] }]
    state.peerChanged()
    await turns()
    expect(statuses()).toMatchObject({ libp2p: 'healthy' })
    await watch.stop()
  })

  test('of store and connections is checked again after the interval', async () => {
    const { state, watch, later, statuses } = createWatch()
    await watch.start()
    expect(statuses()).toEqual({ store: 'healthy', dht: 'healthy', libp2p: 'healthy' })

    state.store = 'read-only'
    state.bootstrap = [{ entry: 'a:1', state: 'failing', failures: 1 }]
    await later()
    expect(statuses()).toEqual({ store: 'degraded', dht: 'healthy', libp2p: 'degraded' })

    state.peers = [{ peerId: 'p', state: 'connected', addresses: [] }]
    state.store = 'ready'
    await later()
    expect(statuses()).toEqual({ store: 'healthy', dht: 'healthy', libp2p: 'healthy' })
    await watch.stop()
  })

  test('of a hybrid is its own word, at any time, with every field', async () => {
    const { state, watch } = createWatch()
    await watch.start()
    state.dht = { ...HEALTH, status: 'degraded', serving: 'store', phase: 'local', reason: 'away' }
    expect(watch.rows().find(({ component }) => component === 'dht')).toEqual(state.dht)
    await watch.stop()
  })

  test('libp2p that did not start is unwell in a mode that needs it, and no part of mode mock', async () => {
    const { state, watch, statuses } = createWatch()
    state.isLinked = false
    await watch.start()
    expect(statuses()).toMatchObject({ libp2p: 'degraded' })
    state.dht = { ...HEALTH, mode: { mode: 'mock', percent: 100 } }
    expect(statuses()).toEqual({ store: 'healthy', dht: 'healthy' })
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
