import type { z } from 'zod'
import { defineOperation, type CommandOption } from './operation.js'
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
    command: { command: 'get', args: ['key'], options: [LEVEL, TIMEOUT] },
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
