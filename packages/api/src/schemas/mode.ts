import { MODES } from '@bzzz/base'
import { z } from 'zod'
import { long, rowsMax, short } from './text.js'
import { booleanText, integerText, keySchema, numberText } from './wire.js'

/** An override lasts at most a month: what lasts longer belongs into the configuration. */
export const OVERRIDE_MS_MAX = 31 * 24 * 3_600_000

/** A drill ends by itself soon enough for whoever started it to see the end. */
export const DRILL_MS_MAX = 600_000

export const mode = z.enum(MODES)
const percent = z.number().min(0).max(100)
const side = z.enum(['real', 'store'])
const phase = z.enum(['real', 'local', 'probing', 'catching-up', 'verifying'])
const iso = short.describe('ISO 8601.')

const component = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'write the name of a component, as `bzzz mode` lists them')
  .describe('Name of a component: dht.')

const reason = z.string().min(1).max(500).describe('Why, for events and the audit file.')

export const setting = z.object({
  mode,
  percent: percent.describe('Share of the keys that the peers answer in mode hybrid.'),
})

const change = z.object({
  to: setting,
  state: z.enum(['running', 'done', 'failed']),
  at: iso,
  isNow: z.boolean().describe('Without a copy of what this node lacks.'),
  error: z.object({ code: short, message: long }).optional(),
  copy: z
    .object({
      done: z.int().min(0),
      total: z.int().min(0).describe('Shares of the key space to compare.'),
      fetched: z.int().min(0).describe('Records fetched.'),
    })
    .optional(),
})

const modeRow = z.object({
  component: short,
  ...setting.shape,
  serving: side.describe('Which side answers now.'),
  phase,
  reason: long.optional().describe('Why it is not healthy.'),
  isComplete: z
    .boolean()
    .describe('False: the mesh was left without a copy, and what is not here is unavailable.'),
  source: z
    .object({ mode: short, percent: short })
    .describe(
      'Where the setting came from: default, yaml, env, flag, override or another provider.',
    ),
  override: z
    .object({
      mode: mode.optional(),
      percent: percent.optional(),
      until: iso.optional().describe('Absent: until it is taken back.'),
      actor: short.optional(),
      reason: long.optional(),
    })
    .optional(),
  backlog: z
    .object({
      keys: z.int().min(0),
      bytes: z.int().min(0),
      bytesMax: z.int().min(0),
    })
    .describe('Records that are not yet on enough replicas.'),
  deadLetters: z.int().min(0),
  change: change
    .optional()
    .describe('The last change that an operator asked for, since the start.'),
})

export const modeOutput = z.object({ components: z.array(modeRow).max(rowsMax).readonly() })

/** Longest wait for a change within one request; it goes on afterwards. */
const waitMs = integerText(0, 60_000)
  .optional()
  .describe('Longest wait for the change; it goes on afterwards. Default 10,000.')

export const modeInput = z.strictObject({ component: component.optional() })

export const modeSetInput = z
  .strictObject({
    component,
    mode: mode.optional(),
    percent: numberText(0, 100).optional(),
    forMs: integerText(1_000, OVERRIDE_MS_MAX)
      .optional()
      .describe('Then the setting without this override holds again. Default: until taken back.'),
    isNow: booleanText.optional().describe('Enter mode mock without copying what this node lacks.'),
    reason: reason.optional(),
    waitMs,
  })
  .refine((input) => input.mode !== undefined || input.percent !== undefined, {
    message: 'state a mode, a percentage, or both',
  })

export const modeClearInput = z.strictObject({ component, reason: reason.optional(), waitMs })

export const rollbackInput = z.strictObject({
  component: component.optional().describe('Default: all.'),
  isNow: booleanText
    .optional()
    .describe('Without copying what this node lacks: from then on that is unavailable.'),
  reason: reason.optional(),
  waitMs,
})

export const deadLettersOutput = z.object({
  deadLetters: z
    .array(
      z.object({
        component: short,
        key: short,
        opId: short,
        version: short,
        code: short,
        problem: long,
        tries: z.int().min(0),
        at: iso,
      }),
    )
    .max(rowsMax)
    .readonly(),
  isMore: z.boolean().describe('True when there are more than are listed.'),
})

export const retryInput = z.strictObject({
  key: keySchema,
  component: component.optional().describe('Default: whichever has a dead letter of this key.'),
})

export const retriedOutput = z.object({ component: short, key: short })

export const FAULTS = ['latency', 'errors', 'frozen', 'absent'] as const

const fault = z
  .enum(FAULTS)
  .describe('Of the peers: they answer late, with errors, never, or are not there.')

const drill = z.object({
  component: short,
  fault,
  share: z.number().min(0).max(1).describe('Of the calls.'),
  latencyMs: z.number().min(0).optional().describe('Longest delay of a call.'),
  startedAt: iso,
  endsAt: iso,
  actor: short.optional(),
})

export const drillOutput = z.object({ drills: z.array(drill).max(rowsMax).readonly() })

export const drillStartInput = z.strictObject({
  component: component.optional().describe('Default: dht.'),
  fault,
  forMs: integerText(1_000, DRILL_MS_MAX).describe('It ends by itself after this time.'),
  share: numberText(0, 1).optional().describe('Share of the calls that it meets. Default 1.'),
  latencyMs: integerText(1, 60_000).optional().describe('Longest delay of a call. Default 200.'),
})

export const drillStopInput = z.strictObject({ component: component.optional() })

export const alert = z.object({
  name: short,
  severity: short,
  summary: long,
  remedy: long.optional(),
  component: short.optional().describe('Absent: the node as a whole.'),
  since: iso,
})

export const alertsOutput = z.object({ alerts: z.array(alert).max(rowsMax).readonly() })

const quantiles = z.object({
  p50: z.number().optional(),
  p95: z.number().optional(),
  p99: z.number().optional(),
})

const share = z.number().min(0).max(1)
const count = z.number().min(0)

export const hybridMetrics = z.object({
  mock_requests: count,
  real_requests: count,
  fallback_events: count,
  recovery_events: count,
  avg_latency_mock: count.describe('Milliseconds, as all latencies here.'),
  avg_latency_real: count,
  error_rate_mock: share,
  error_rate_real: share,
})

const details = z.object({
  latency: z.object({ mock: quantiles, real: quantiles }),
  fallback_answers: count.describe('Calls that asked the peers and were answered by the store.'),
  unavailable_reads: count.describe('Reads that nobody could answer.'),
  pending_writes: count,
  shadow_compared: count,
  shadow_mismatches: count,
  shadow_samples: z
    .array(z.object({ op: short, key: short, at: iso }))
    .max(rowsMax)
    .readonly()
    .describe('The newest mismatches, oldest first.'),
  deadline_ms: count.describe('Present deadline of one call of the peers.'),
})

export const health = z.object({
  component: short,
  backend: z.enum(['mock', 'real', 'hybrid']),
  status: z.enum(['healthy', 'degraded', 'failed']),
  last_check: short.describe('ISO 8601; in 1970 before the first check.'),
  error_count: z.int().min(0),
  latency_ms: z.number().min(0),
  serving: side.optional().describe('Which side answers, where there are two.'),
  phase: phase.optional(),
  mode: setting.optional(),
  reason: long.optional(),
})

export const hybridMetricsOutput = z.object({
  components: z
    .array(z.object({ component: short, metrics: hybridMetrics, details, health }))
    .max(rowsMax)
    .readonly(),
})

const switched = {
  component: short,
  id: z.int().min(0).describe('Counts the switches of this component since its start.'),
  reason: long,
  position: z
    .object({ epoch: z.number(), sequence: z.number() })
    .describe('Where the log of the store stood.'),
  at: iso,
}
const alertChange = {
  name: short,
  severity: short,
  summary: long,
  component: short.optional(),
  at: iso,
}
const drillChange = { component: short, fault, reason: long, at: iso }

/** What happened to the sides of this node's components. */
export const switchEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('backend-switched'), from: side, to: side, ...switched }),
  z.object({ kind: z.literal('phase-changed'), from: phase, to: phase, ...switched }),
  z.object({ kind: z.literal('mode-changed'), from: setting, to: setting, ...switched }),
  z.object({ kind: z.literal('alert-fired'), ...alertChange }),
  z.object({ kind: z.literal('alert-cleared'), ...alertChange }),
  z.object({ kind: z.literal('drill-started'), ...drillChange, endsAt: iso }),
  z.object({ kind: z.literal('drill-ended'), ...drillChange }),
  z
    .object({ kind: z.literal('missed'), reason: long, at: iso })
    .describe('Events before this one are not kept any more.'),
])
