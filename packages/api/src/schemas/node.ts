import { z } from 'zod'

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
  peerId: z.string(),
  multiaddrs: z
    .array(z.string())
    .readonly()
    .describe('Addresses of its libp2p node; empty for an embedded one.'),
  version: z.string().describe('Version of the coordinator.'),
  contract: z.string().describe('Contract of its DHT: dht/1.'),
})

const health = z.object({
  component: z.string(),
  backend,
  status: z.enum(['healthy', 'degraded', 'failed']),
  last_check: z.string().describe('ISO 8601; empty before the first check.'),
  error_count: z.int().min(0),
  latency_ms: z.number().min(0),
})

const bootstrap = z.object({
  node: z.string().describe('As the configuration states it.'),
  state: z.enum(['pending', 'connected', 'failed']),
  error: z.string().optional(),
})

export const statusOutput = z.object({
  peerId: z.string(),
  version: z.string(),
  backend,
  ready: z.boolean(),
  reason: z.string().optional().describe('Why it is not ready.'),
  startedAt: z.string().describe('ISO 8601.'),
  uptimeMs: z.number().min(0),
  dataDirectory: z.string().optional(),
  httpAddress: z.string(),
  multiaddrs: z.array(z.string()).readonly(),
  durability: z.enum(['disk', 'memory']),
  records: z.int().min(0),
  digest: z
    .string()
    .optional()
    .describe('Hash over all keys and versions: equal on nodes that hold the same records.'),
  peers: z.object({
    connected: z.int().min(0),
    suspect: z.int().min(0),
    disconnected: z.int().min(0),
  }),
  health: z.array(health).readonly(),
  bootstrap: z.array(bootstrap).readonly(),
  notices: z.array(z.string()).readonly().describe('Settings that have no effect yet.'),
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
