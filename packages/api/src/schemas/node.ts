import { z } from 'zod'
import { alertsOutput, drillOutput, health, modeOutput } from './mode.js'
import { long, rowsMax, short } from './text.js'

export const nothing = z.strictObject({})

const backend = z.enum(['mock', 'real', 'hybrid'])

const peer = z.object({
  peerId: z.string(),
  state: z.enum(['connected', 'suspect', 'disconnected']),
  rttMs: z.number().min(0).optional().describe('Smoothed round-trip time.'),
  addresses: z.array(z.string()).readonly(),
})

export const peersOutput = z.object({
  peerId: z.string().describe('Id of this node.'),
  peers: z.array(peer).readonly(),
})

export const identityOutput = z.object({
  peerId: short,
  multiaddrs: z
    .array(short)
    .max(rowsMax)
    .readonly()
    .describe('Addresses of its libp2p node; empty for an embedded one.'),
  version: short.describe('Version of the coordinator.'),
  contract: short.describe('Contract of its DHT: dht/1.'),
})

const bootstrap = z.object({
  node: long.describe('As the configuration states it.'),
  state: z.enum(['pending', 'connected', 'failed']),
  error: long.optional(),
})

export const statusOutput = z.object({
  peerId: short,
  version: short,
  backend,
  ready: z.boolean(),
  reason: long.optional().describe('Why it is not ready.'),
  startedAt: short.describe('ISO 8601.'),
  uptimeMs: z.number().min(0),
  dataDirectory: long.optional(),
  httpAddress: short,
  multiaddrs: z.array(short).max(rowsMax).readonly(),
  durability: z.enum(['disk', 'memory']),
  records: z.int().min(0),
  digest: short
    .optional()
    .describe('Hash over all keys and versions: equal on nodes that hold the same records.'),
  peers: z.object({
    connected: z.int().min(0),
    suspect: z.int().min(0),
    disconnected: z.int().min(0),
  }),
  health: z.array(health).max(rowsMax).readonly(),
  bootstrap: z.array(bootstrap).max(rowsMax).readonly(),
  notices: z.array(long).max(rowsMax).readonly().describe('Settings that have no effect yet.'),
  components: modeOutput.shape.components.optional().describe('As the operation mode answers it.'),
  drills: drillOutput.shape.drills.optional().describe('Faults that an operator has put on.'),
  alerts: alertsOutput.shape.alerts.optional(),
})

const setting = z.object({
  path: z.string(),
  variable: z.string(),
  flag: z.string(),
  value: z.string().describe('As it may be written; (secret) for a secret.'),
  source: z.enum(['default', 'yaml', 'env', 'flag']),
  place: z.string().optional(),
  overrides: z.array(z.string()).readonly(),
  note: z.string().optional(),
})

export const configOutput = z.object({ settings: z.array(setting).readonly() })
