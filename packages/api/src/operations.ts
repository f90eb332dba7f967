import type { z } from 'zod'
import { defineOperation, type CommandOption } from './operation.js'
import {
  alertsOutput,
  deadLettersOutput,
  drillOutput,
  drillStartInput,
  drillStopInput,
  hybridMetricsOutput,
  modeClearInput,
  modeInput,
  modeOutput,
  modeSetInput,
  retriedOutput,
  retryInput,
  rollbackInput,
} from './schemas/mode.js'
import { configOutput, identityOutput, nothing, peersOutput, statusOutput } from './schemas/node.js'
import { deleteInput, getInput, putInput, receiptOutput, recordOutput } from './schemas/records.js'

const LEVEL: CommandOption<'level'> = {
  field: 'level',
  flags: '--level <level>',
  doc: 'local, quorum, all or a number of replicas (default: quorum)',
}

const TIMEOUT: CommandOption<'timeoutMs'> = {
  field: 'timeoutMs',
  flags: '--timeout-ms <ms>',
  doc: 'longest wait for replicas (default: bzzz.dht.timeout)',
}

const WRITE_OPTIONS = [
  LEVEL,
  TIMEOUT,
  {
    field: 'expectedVersion',
    flags: '--if-version <version>',
    doc: 'write only where the record is at this version (absent: where there is none)',
  },
  { field: 'opId', flags: '--op-id <id>', doc: 'name of the operation, the same on a retry' },
] as const

const RECORDS = '/v1/records/*'
const READ_ERRORS = ['API_RECORD_NOT_FOUND', 'DHT_KEY_INVALID', 'DHT_UNAVAILABLE'] as const
const WRITE_ERRORS = ['DHT_KEY_INVALID', 'DHT_CONFLICT', 'DHT_UNAVAILABLE'] as const

/** Every operation of a coordinator, once. */
export const operations = {
  identity: defineOperation({
    summary:
      'Who this node is and where its libp2p node listens. Believed only after a dial proves it.',
    role: 'open',
    method: 'GET',
    path: '/v1/identity',
    input: nothing,
    output: identityOutput,
    command: { command: 'identity', args: [], options: [] },
    errors: [],
  }),
  status: defineOperation({
    summary: 'What runs here, and how it is.',
    role: 'read',
    method: 'GET',
    path: '/v1/status',
    input: nothing,
    output: statusOutput,
    command: { command: 'status', args: [], options: [] },
    errors: [],
  }),
  peers: defineOperation({
    summary: 'The nodes that this one has met.',
    role: 'read',
    method: 'GET',
    path: '/v1/peers',
    input: nothing,
    output: peersOutput,
    command: { command: 'peers', args: [], options: [] },
    errors: [],
  }),
  get: defineOperation({
    summary: 'Read a record.',
    role: 'read',
    method: 'GET',
    path: RECORDS,
    input: getInput,
    output: recordOutput,
    command: {
      command: 'get',
      args: ['key'],
      options: [
        LEVEL,
        TIMEOUT,
        { field: 'explain', flags: '--explain', doc: 'tell where the answer came from' },
        {
          field: 'allowStale',
          flags: '--allow-stale',
          doc: 'during an outage, take what is known here for the answer, "nothing" included',
        },
      ],
    },
    errors: READ_ERRORS,
  }),
  put: defineOperation({
    summary: 'Write a record.',
    role: 'write',
    method: 'PUT',
    path: RECORDS,
    input: putInput,
    output: receiptOutput,
    command: {
      command: 'put',
      args: ['key', 'value'],
      options: [
        ...WRITE_OPTIONS,
        {
          field: 'expiresAtMs',
          flags: '--expires-at-ms <ms>',
          doc: 'time after which the record is gone, milliseconds since 1970',
        },
      ],
    },
    errors: [...WRITE_ERRORS, 'API_BODY_TOO_LARGE'],
  }),
  delete: defineOperation({
    summary: 'Delete a record. Deleting what is absent succeeds.',
    role: 'write',
    method: 'DELETE',
    path: RECORDS,
    input: deleteInput,
    output: receiptOutput,
    command: { command: 'del', args: ['key'], options: WRITE_OPTIONS },
    errors: WRITE_ERRORS,
  }),
  mode: defineOperation({
    summary: 'How each component uses its two sides, and why.',
    role: 'read',
    method: 'GET',
    path: '/v1/mode',
    input: modeInput,
    output: modeOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN'],
  }),
  'mode.set': defineOperation({
    summary: 'Override the mode or the percentage of a component; audited, and kept over restarts.',
    role: 'write',
    method: 'PUT',
    path: '/v1/mode',
    input: modeSetInput,
    output: modeOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN', 'HYBRID_NOT_READY', 'HYBRID_COPY_INCOMPLETE'],
  }),
  'mode.clear': defineOperation({
    summary: 'Take back the override of a component: the configuration holds again.',
    role: 'write',
    method: 'DELETE',
    path: '/v1/mode',
    input: modeClearInput,
    output: modeOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN', 'HYBRID_NOT_READY', 'HYBRID_COPY_INCOMPLETE'],
  }),
  rollback: defineOperation({
    summary: 'Enter mode mock, after copying what this node lacks. Without a component: all.',
    role: 'write',
    method: 'POST',
    path: '/v1/rollback',
    input: rollbackInput,
    output: modeOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN', 'HYBRID_COPY_INCOMPLETE'],
  }),
  'metrics.hybrid': defineOperation({
    summary: 'Counts, latencies and error rates of both sides of each component.',
    role: 'read',
    method: 'GET',
    path: '/v1/metrics/hybrid',
    input: nothing,
    output: hybridMetricsOutput,
    command: { command: 'metrics', args: [], options: [] },
    errors: [],
  }),
  'dead-letters': defineOperation({
    summary: 'Records that peers refuse for good: each is kept here, and dirty.',
    role: 'read',
    method: 'GET',
    path: '/v1/dead-letters',
    input: nothing,
    output: deadLettersOutput,
    command: undefined,
    errors: [],
  }),
  'dead-letters.retry': defineOperation({
    summary: 'Forget a dead letter, and try its record again.',
    role: 'write',
    method: 'POST',
    path: '/v1/dead-letters/*',
    input: retryInput,
    output: retriedOutput,
    command: undefined,
    errors: ['API_DEAD_LETTER_NOT_FOUND'],
  }),
  'drill.start': defineOperation({
    summary: 'Put a fault between this node and its peers, for a time that ends by itself.',
    role: 'write',
    method: 'PUT',
    path: '/v1/drill',
    input: drillStartInput,
    output: drillOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN', 'DRILL_RUNNING', 'DRILL_WITHOUT_EFFECT'],
  }),
  'drill.stop': defineOperation({
    summary: 'End the drills. Succeeds when none is on.',
    role: 'write',
    method: 'DELETE',
    path: '/v1/drill',
    input: drillStopInput,
    output: drillOutput,
    command: undefined,
    errors: ['API_COMPONENT_UNKNOWN'],
  }),
  'drill.status': defineOperation({
    summary: 'The drills that are on.',
    role: 'read',
    method: 'GET',
    path: '/v1/drill',
    input: nothing,
    output: drillOutput,
    command: undefined,
    errors: [],
  }),
  alerts: defineOperation({
    summary: 'The alerts that are on.',
    role: 'read',
    method: 'GET',
    path: '/v1/alerts',
    input: nothing,
    output: alertsOutput,
    command: { command: 'alerts', args: [], options: [] },
    errors: [],
  }),
  'config.explain': defineOperation({
    summary: 'The value of each setting, and where it came from.',
    role: 'admin',
    method: 'GET',
    path: '/v1/config',
    input: nothing,
    output: configOutput,
    command: { command: 'config explain', args: [], options: [] },
    errors: [],
  }),
}

export type Operations = typeof operations
export type OperationName = keyof Operations

/** What a handler gets, and a client gives. */
export type InputOf<N extends OperationName> = z.output<Operations[N]['input']>
/** What a handler returns, and a client gets. */
export type OutputOf<N extends OperationName> = z.output<Operations[N]['output']>

/** One function per operation: all that a coordinator has to supply. */
export type Handlers = {
  readonly [N in OperationName]: (
    input: InputOf<N>,
    context: { readonly signal?: AbortSignal | undefined },
  ) => Promise<OutputOf<N>>
}

export const operationNames = Object.keys(operations) as readonly OperationName[]
