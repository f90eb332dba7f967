import { z } from 'zod'
import { TIMEOUT_MS_MAX } from '../limits.js'
import {
  booleanText,
  bytesSchema,
  decodeValue,
  encodeValue,
  expectedVersionSchema,
  integerText,
  keySchema,
  levelSchema,
  valueSchema,
  versionObject,
  versionSchema,
  wireValue,
} from './wire.js'

const timeoutMs = integerText(1, TIMEOUT_MS_MAX)
  .optional()
  .describe('Longest wait for replicas, milliseconds.')

const opId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'write 1 to 64 letters, digits, _ or -')
  .optional()
  .describe('Names the operation: the same on a retry, so that it takes effect once.')

const expiresAtMs = integerText(0, Number.MAX_SAFE_INTEGER)
  .optional()
  .describe('Time after which the record is gone, milliseconds since 1970.')

const writeOptions = {
  level: levelSchema.optional(),
  timeoutMs,
  opId,
  expectedVersion: expectedVersionSchema.optional(),
}

export const getInput = z.strictObject({
  key: keySchema,
  level: levelSchema.optional(),
  timeoutMs,
  allowStale: booleanText
    .optional()
    .describe(
      'Where the replicas cannot answer and this node has nothing either: answer that there is none, instead of an outage.',
    ),
  explain: booleanText
    .optional()
    .describe('Tell where the answer came from, and how stale it may be.'),
})
export const putInput = z.strictObject({
  key: keySchema,
  value: valueSchema,
  expiresAtMs,
  ...writeOptions,
})
export const deleteInput = z.strictObject({ key: keySchema, ...writeOptions })

const explanation = z.object({
  source: z
    .enum(['real', 'store', 'memory'])
    .describe('The peers, this node’s store, or an earlier answer of the peers.'),
  reason: z.string().describe('Why that source.'),
  staleForMs: z
    .number()
    .min(0)
    .optional()
    .describe('What peers wrote in this time may be missing; absent: they never answered here.'),
})

const recordFields = {
  key: z.string(),
  version: versionSchema,
  expiresAtMs: z.int().optional().describe('Milliseconds since 1970; absent: never.'),
  explanation: explanation.optional().describe('With `explain` only.'),
}

/** A record; new fields may be added, so unknown ones are left out rather than refused. */
export const recordOutput = z.codec(
  z.object({ ...wireValue.shape, ...recordFields }),
  z.object({ ...recordFields, version: versionObject, value: bytesSchema }),
  {
    decode: ({ value, encoding, ...rest }, payload) => ({
      ...rest,
      value: decodeValue({ value, encoding }, payload),
    }),
    encode: ({ value, ...rest }) => ({ ...encodeValue(value), ...rest }),
  },
)

export const receiptOutput = z.object({
  key: z.string(),
  version: versionSchema,
  opId: z.string(),
  outcome: z
    .enum(['acknowledged', 'pending'])
    .describe('pending: the deadline passed first; the coordinator keeps the write and goes on.'),
  level: levelSchema,
  heldBy: z.array(z.string()).readonly().describe('Ids of the peers known to hold the write.'),
  replicas: z.int().min(1).describe('Replicas that the key has now.'),
  durability: z
    .enum(['disk', 'memory'])
    .describe('What heldBy means: synced to disk, or in memory.'),
})
