import type { Handlers, OutputOf } from '@bzzz/api'
import type { Clock } from '@bzzz/base'
import type { HealthStatus } from '@bzzz/telemetry'
import type { Explained } from '@bzzz/config'
import type { Backend } from '../backend.js'
import type { BootstrapStatus } from '../bootstrap/keeper.js'
import type { Readiness } from '../health/readiness.js'
import { recordsDigest } from '../records-digest.js'
import { alertRows, drillRows, operatorHandlers, type OperatorMeans } from './operator-handlers.js'
import { readRecord } from './read-record.js'

type Status = OutputOf<'status'>

/** What the operations are served from. */
export interface HandlerMeans extends OperatorMeans {
  readonly backend: Backend
  readonly clock: Clock
  readonly version: string
  readonly dataDirectory: string
  readonly url: () => string
  readonly startedAtMs: number
  readonly readiness: () => Readiness
  readonly health: () => readonly HealthStatus[]
  /** Settings that were accepted and have no effect yet. */
  readonly notices: () => readonly string[]
  readonly settings: () => readonly Explained[]
}

/** A status of many entries stays readable, and within what its schema takes. */
const PROBLEM_CHARS_MAX = 4_096

const bootstrapRow = (status: BootstrapStatus): Status['bootstrap'][number] => ({
  node: status.entry,
  // An entry that names ourselves needs nothing more.
  state:
    status.state === 'connected' || status.state === 'self'
      ? 'connected'
      : status.state === 'failing'
        ? 'failed'
        : 'pending',
  ...(status.problem !== undefined && { error: status.problem.slice(0, PROBLEM_CHARS_MAX) }),
})

const statusOf = (means: HandlerMeans): Status => {
  const { backend, clock } = means
  const { isReady, reason } = means.readiness()
  const peers = { connected: 0, suspect: 0, disconnected: 0 }
  for (const { state } of backend.peers()) peers[state] += 1
  return {
    peerId: backend.peerId,
    version: means.version,
    backend: backend.dht.controls.health().backend,
    ready: isReady,
    ...(reason !== undefined && { reason }),
    startedAt: new Date(means.startedAtMs).toISOString(),
    uptimeMs: Math.max(0, clock.nowMs() - means.startedAtMs),
    dataDirectory: means.dataDirectory,
    httpAddress: means.url(),
    multiaddrs: backend.addresses(),
    durability: backend.store.durability,
    records: backend.store.size,
    digest: recordsDigest(backend.store),
    peers,
    health: [...means.health()],
    bootstrap: backend.bootstrap().map(bootstrapRow),
    notices: means.notices(),
    components: means.desk.rows(),
    drills: drillRows(means.drills),
    alerts: alertRows(means.alerts()),
  }
}

/** The operations of the table, served by this node. */
export const createHandlers = (means: HandlerMeans): Handlers => {
  const { backend } = means
  const { dht } = backend
  return {
    identity: async () => ({
      peerId: backend.peerId,
      multiaddrs: backend.addresses(),
      version: means.version,
      contract: dht.contract,
    }),
    status: async () => statusOf(means),
    peers: async () => ({
      peerId: backend.peerId,
      peers: backend.peers().map(({ peerId, state, rttMs, addresses }) => ({
        peerId,
        state,
        addresses,
        ...(rttMs !== undefined && { rttMs }),
      })),
    }),
    get: (input, context) => readRecord(dht, input, context),
    // Without a wait of the caller's own, each side waits as long as it sees fit.
    put: ({ key, value, ...options }, { signal }) => dht.put(key, value, { ...options, signal }),
    delete: ({ key, ...options }, { signal }) => dht.delete(key, { ...options, signal }),
    ...operatorHandlers(means),
    'config.explain': async () => ({ settings: means.settings().map((row) => ({ ...row })) }),
  }
}
